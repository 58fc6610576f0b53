// What is different from the run that is repeated.
import { useTranslation } from 'react-i18next'
import type { JsonObject, JsonSchema } from '@/api/types'
import { diffInputs, titleAt } from './schema-model'

export function InputDiff({ before, after, schema }: { before: JsonObject; after: JsonObject; schema: JsonSchema }) {
  const { t } = useTranslation()
  const changes = diffInputs(before, after)
  if (changes.length === 0) return <p className="muted">{t('run_form.same_inputs')}</p>
  return (
    <div className="stack tight">
      <h3>{t('run_form.changed', { count: changes.length })}</h3>
      <div className="table-scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('diff.field')}</th>
              <th scope="col">{t('diff.before')}</th>
              <th scope="col">{t('diff.after')}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <tr key={change.name}>
                <td>{titleAt(schema, `/${change.name}`)}</td>
                <td className="wrap break">{change.kind === 'added' ? '–' : <code>{JSON.stringify(change.from)}</code>}</td>
                <td className="wrap break">{change.kind === 'removed' ? '–' : <code>{JSON.stringify(change.to)}</code>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}
