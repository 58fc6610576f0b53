// What the form needs to know of a JSON Schema, without any component.
import type { JsonObject, JsonSchema, PlanError } from '@/api/types'

export const FILE_FORMAT = 'file'

type Node = JsonSchema & {
  type?: string | string[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  enum?: unknown[]
  anyOf?: JsonSchema[]
}

/** Whether a value here is the id of an uploaded file, alone or in a list. */
export function isFile(schema: JsonSchema | undefined): boolean {
  const node = schema as Node | undefined
  if (!node) return false
  if (node.format === FILE_FORMAT) return true
  return (node.anyOf ?? []).some(isFile)
}

/** The values a form starts with: defaults of the schema, overlaid with what is given, only for inputs that still exist. */
export function startValues(schema: JsonSchema, given: JsonObject = {}): JsonObject {
  const properties = (schema as Node).properties ?? {}
  const out: JsonObject = {}
  for (const [name, inner] of Object.entries(properties)) {
    if (name in given) out[name] = given[name]
    else if ('default' in inner) out[name] = inner.default
  }
  return out
}

/** Empty texts and lists of nothing are absent values: a form cannot tell them apart, a schema can. */
export function withoutEmpty(values: JsonObject): JsonObject {
  const out: JsonObject = {}
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null || value === '') continue
    if (Array.isArray(value)) {
      const kept = value.filter((item) => item !== undefined && item !== null && item !== '')
      if (kept.length > 0) out[name] = kept
    } else if (typeof value === 'object') out[name] = withoutEmpty(value as JsonObject)
    else out[name] = value
  }
  return out
}

export interface InputChange {
  name: string
  kind: 'added' | 'removed' | 'changed'
  from?: unknown
  to?: unknown
}

/** What differs between two sets of inputs, in the order of the first, then the second. */
export function diffInputs(before: JsonObject, after: JsonObject): InputChange[] {
  const out: InputChange[] = []
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const had = name in before
    const has = name in after
    if (had && !has) out.push({ name, kind: 'removed', from: before[name] })
    else if (!had && has) out.push({ name, kind: 'added', to: after[name] })
    else if (!sameJson(before[name], after[name])) out.push({ name, kind: 'changed', from: before[name], to: after[name] })
  }
  return out
}

export function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameJson((a as JsonObject)[key], (b as JsonObject)[key]))
}

/** The title of the input that a JSON Pointer leads to: `/rows/0/name` is `Rows › 1 › Name`. */
export function titleAt(schema: JsonSchema, pointer: string): string {
  let node: Node | undefined = schema as Node
  const names: string[] = []
  for (const raw of pointer.split('/').slice(1)) {
    const part = raw.replaceAll('~1', '/').replaceAll('~0', '~')
    const inner: JsonSchema | undefined = node?.properties?.[part] ?? (/^\d+$/.test(part) ? node?.items : undefined)
    names.push(/^\d+$/.test(part) && node?.items ? String(Number(part) + 1) : ((inner?.title as string | undefined) ?? part))
    node = inner as Node | undefined
  }
  return names.join(' › ')
}

/** rjsf names fields `root_a_0`; errors come as `/a/0`. */
export function fieldId(pointer: string): string {
  const path = pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  return ['root', ...path].join('_')
}

/** Errors of the server in the shape that rjsf shows beside fields. */
export function asExtraErrors(errors: PlanError[], word: (wrong: PlanError) => string): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const wrong of errors) {
    let at = root
    for (const raw of wrong.pointer.split('/').slice(1)) {
      const part = raw.replaceAll('~1', '/').replaceAll('~0', '~')
      at[part] ??= {}
      at = at[part] as Record<string, unknown>
    }
    const list = (at.__errors ??= []) as string[]
    list.push(word(wrong))
  }
  return root
}
