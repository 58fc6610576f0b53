// The inputs of a schema as a table: name, type, default, rules, description.
import { useTranslation } from 'react-i18next'
import type { JsonSchema } from '@/api/types'
import { isFile } from './schema-model'

function typeOf(schema: JsonSchema): string {
  if (isFile(schema)) return 'file'
  if (Array.isArray(schema.enum)) return schema.enum.map((one) => JSON.stringify(one)).join(' | ')
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : typeof schema.type === 'string' ? schema.type : 'any'
  if (type === 'array') return `${typeOf((schema.items as JsonSchema | undefined) ?? {})}[]`
  return schema.format ? `${type} (${String(schema.format)})` : type
}

const RULES = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern', 'multipleOf']

export function InputTable({ schema }: { schema: JsonSchema }) {
  const { t } = useTranslation()
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  const required = new Set((schema.required as string[] | undefined) ?? [])
  if (properties.length === 0) return <p className="card-body muted">{t('run_form.no_inputs')}</p>
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('capability.inputs')}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('capability.input')}</th>
            <th scope="col">{t('capability.type')}</th>
            <th scope="col">{t('capability.default')}</th>
            <th scope="col">{t('capability.rules')}</th>
          </tr>
        </thead>
        <tbody>
          {properties.map(([name, inner]) => (
            <tr key={name}>
              <td className="wrap">
                <code>{name}</code> {required.has(name) && <span className="muted">{t('form.required')}</span>}
                {typeof inner.description === 'string' && <div className="muted">{inner.description}</div>}
              </td>
              <td className="wrap break">
                <code>{typeOf(inner)}</code>
              </td>
              <td className="wrap break">{inner.default === undefined ? <span className="muted">–</span> : <code>{JSON.stringify(inner.default)}</code>}</td>
              <td className="wrap break">
                {RULES.filter((rule) => inner[rule] !== undefined).map((rule) => (
                  <div key={rule}>
                    <code>
                      {rule} {String(inner[rule])}
                    </code>
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
