// A typed text as the value that an input takes: numbers and switches as such, JSON where it asks for lists or objects, text otherwise.
import type { JsonSchema } from '@/api/types'

export function typedValue(text: string, schema: JsonSchema | undefined): unknown {
  const type = schema?.type
  if ((type === 'integer' || type === 'number') && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if (type === 'array' || type === 'object') {
    try {
      return JSON.parse(text) as unknown
    } catch {
      return text
    }
  }
  return text
}
