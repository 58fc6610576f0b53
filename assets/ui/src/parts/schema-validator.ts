// A validator for rjsf that needs no code generation, so that the strict policy holds. Words come from `rules`.
import { type OutputUnit, Validator } from '@cfworker/json-schema'
import type { RJSFSchema, ValidatorType } from '@rjsf/utils'
import type { JsonObject, JsonSchema, PlanError } from '@/api/types'
import { withoutEmpty } from './schema-model'

/** Words that only say that something inside went wrong. */
const WRAPPERS = new Set(['properties', 'items', 'prefixItems', 'allOf', 'if', 'then', 'else', '$ref', 'dependentSchemas', 'additionalItems', 'contains'])

/** What does not fit, in the names that the server uses too. */
export function findErrors(schema: JsonSchema, values: JsonObject): PlanError[] {
  const found = new Validator(schema as never, '2020-12', false).validate(withoutEmpty(values))
  if (found.valid) return []
  const errors: PlanError[] = []
  const seen = new Set<string>()
  for (const unit of found.errors) {
    for (const wrong of translate(unit, schema)) {
      const key = `${wrong.pointer} ${wrong.rule}`
      if (!seen.has(key)) errors.push(wrong)
      seen.add(key)
    }
  }
  return errors
}

function translate(unit: OutputUnit, schema: JsonSchema): PlanError[] {
  const pointer = decodeURIComponent(unit.instanceLocation.replace(/^#/, ''))
  if (WRAPPERS.has(unit.keyword)) return []
  if (unit.keyword === 'required') {
    const name = /"([^"]+)"/.exec(unit.error)?.[1] ?? ''
    return [{ pointer: `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, rule: 'required', message: unit.error, params: {} }]
  }
  if (unit.keyword === 'false') return [{ pointer, rule: 'falseSchema', message: unit.error, params: {} }]
  const value = at(schema, unit.keywordLocation)
  const list = Array.isArray(value) ? value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', ') : ''
  const params: Record<string, string> = { limit: typeof value === 'object' ? '' : String(value ?? ''), choices: list, expected: list || String(value ?? ''), name: pointer.split('/').at(-1) ?? '' }
  return [{ pointer, rule: unit.keyword, message: unit.error, params }]
}

function at(schema: JsonSchema, location: string): unknown {
  let node: unknown = schema
  for (const raw of location.replace(/^#\/?/, '').split('/')) {
    if (raw === '') continue
    const part = decodeURIComponent(raw).replaceAll('~1', '/').replaceAll('~0', '~')
    node = typeof node === 'object' && node !== null ? (node as JsonObject)[part] : undefined
  }
  return node
}

const compiled = new WeakMap<object, Map<object, Validator>>()

function validatorFor(schema: RJSFSchema, root: RJSFSchema): Validator {
  let byRoot = compiled.get(root)
  if (!byRoot) compiled.set(root, (byRoot = new Map()))
  let found = byRoot.get(schema)
  if (!found) {
    const whole = root.$defs && !schema.$defs ? { ...schema, $defs: root.$defs } : schema
    byRoot.set(schema, (found = new Validator(whole as never, '2020-12', true)))
  }
  return found
}

/** What rjsf asks while it lays out a form: which branch of a schema applies. Errors are found by `findErrors` instead. */
export const validator: ValidatorType = {
  validateFormData: () => ({ errors: [], errorSchema: {} }),
  isValid(schema: RJSFSchema, data: unknown, root: RJSFSchema) {
    try {
      return validatorFor(schema, root).validate(data as never).valid
    } catch {
      return false
    }
  },
  rawValidation: () => ({ errors: [] }),
}
