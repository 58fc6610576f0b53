// A request that is put together in a form, and the manifest that becomes of it. The shape is that of `domain::http::call`.
import { type Table, toToml } from '@/ui/toml'
import type { Pair } from '@/ui/pair-rows'

export type BodyKind = 'none' | 'json' | 'form' | 'multipart' | 'raw'
export type PagesKind = 'none' | 'cursor' | 'page' | 'offset' | 'link'

export interface RequestForm {
  name: string
  title: string
  description: string
  resource: string
  method: string
  path: string
  query: Pair[]
  headers: Pair[]
  body: BodyKind
  /** JSON or plain text with placeholders. */
  bodyText: string
  contentType: string
  fields: Pair[]
  inputs: Record<string, InputForm>
  success: string
  extract: string
  artifact: string
  pages: PagesKind
  pagesParam: string
  pagesNext: string
  pagesItems: string
  pagesMax: number
  pagesStep: number
  tries: number
  idempotencyHeader: string
}

export interface InputForm {
  type: string
  required: boolean
  description: string
}

export const INPUT_TYPES = ['string', 'integer', 'number', 'boolean', 'date', 'date-time'] as const
/** A file can be sent in a form of several parts only. */
export const inputTypes = (body: BodyKind) => (body === 'multipart' ? [...INPUT_TYPES, 'file'] : INPUT_TYPES)

export const emptyRequest = (resource: string): RequestForm => ({
  name: '', title: '', description: '', resource, method: 'GET', path: '/', query: [], headers: [], body: 'none', bodyText: '', contentType: 'text/plain', fields: [], inputs: {},
  success: '2xx', extract: '', artifact: '', pages: 'none', pagesParam: '', pagesNext: '', pagesItems: '/items', pagesMax: 20, pagesStep: 100, tries: 1, idempotencyHeader: '',
})

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
export const isSafe = (method: string) => SAFE.has(method)
export const mayHaveBody = (method: string) => method !== 'GET' && method !== 'HEAD'
/** Sent twice, these do what they do once. */
export const mayRepeat = (form: RequestForm) => isSafe(form.method) || form.method === 'PUT' || form.method === 'DELETE' || form.idempotencyHeader.trim() !== ''

/** The placeholders of a text: `{name}`; `{{` and `}}` are the braces themselves. */
export function placeholders(text: string): string[] {
  return [...text.replaceAll('{{', '').replaceAll('}}', '').matchAll(/\{([^{}\n]+)\}/g)].map((found) => found[1] as string)
}

/** The texts of a JSON value: braces elsewhere belong to JSON. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsOf)
  return value && typeof value === 'object' ? Object.values(value).flatMap(textsOf) : []
}

export function readJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** Every input that the request needs, in the order in which they occur. */
export function inputNames(form: RequestForm): string[] {
  const body = form.body === 'json' ? textsOf(readJson(form.bodyText)?.value) : form.body === 'raw' ? [form.bodyText] : form.body === 'none' ? [] : form.fields.map(([, value]) => value)
  const texts = [form.path, ...form.query.map(([, value]) => value), ...form.headers.map(([, value]) => value), ...(mayHaveBody(form.method) ? body : [])]
  return [...new Set(texts.flatMap(placeholders))]
}

const table = (pairs: Pair[]): Table | undefined => {
  const kept = pairs.filter(([name]) => name.trim()).map(([name, value]) => [name.trim(), value] as const)
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}

/** TOML knows no null: a member that is null is left out, as an input that is not given is. */
function withoutNull(value: unknown): never {
  if (Array.isArray(value)) return value.filter((one) => one !== null).map(withoutNull) as never
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null).map(([name, inner]) => [name, withoutNull(inner)])) as never
  return value as never
}

function bodyOf(form: RequestForm): Table | undefined {
  if (form.body === 'none' || !mayHaveBody(form.method)) return undefined
  if (form.body === 'json') return { json: withoutNull(readJson(form.bodyText)?.value ?? {}) }
  if (form.body === 'raw') return { raw: { text: form.bodyText, content_type: form.contentType } }
  return { [form.body]: table(form.fields) ?? {} }
}

function pagesOf(form: RequestForm): Table | undefined {
  const { pages: kind, pagesItems: items, pagesMax: max, pagesParam: param } = form
  if (kind === 'none' || !isSafe(form.method)) return undefined
  if (kind === 'cursor') return { kind, next: form.pagesNext, param, items, max }
  if (kind === 'offset') return { kind, param, step: form.pagesStep, items, max }
  return kind === 'page' ? { kind, param, items, max } : { kind, items, max }
}

/** `capability.toml`. */
export function manifestOf(form: RequestForm): string {
  const inPath = placeholders(form.path)
  const inputs = inputNames(form).map((name) => {
    const told = form.inputs[name] ?? { type: 'string', required: false, description: '' }
    return [name, { type: told.type, required: told.required || inPath.includes(name), description: told.description.trim() || undefined }] as const
  })
  const success = form.success.split(/[\s,]+/).filter(Boolean)
  const response: Table = { success: success.length > 0 ? success : ['2xx'], extract: form.extract.trim() || undefined, artifact: form.artifact.trim() || undefined }
  return toToml(
    {
      kind: 'http',
      name: form.name.trim(),
      title: form.title.trim() || undefined,
      description: form.description.trim() || undefined,
      inputs: inputs.length > 0 ? Object.fromEntries(inputs) : undefined,
      http: {
        resource: form.resource,
        method: form.method,
        path: form.path.trim(),
        query: table(form.query),
        headers: table(form.headers),
        body: bodyOf(form),
        idempotency_header: form.idempotencyHeader.trim() || undefined,
        retry: form.tries > 1 && mayRepeat(form) ? { tries: form.tries } : undefined,
        pages: pagesOf(form),
        response,
      },
    },
    ([first, second, ...rest]) => rest.length === 0 && (first === 'inputs' || (first === 'http' && (second === undefined || second === 'response'))),
  )
}
