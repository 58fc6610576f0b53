// What an act changed, field by field: before and after.
import { useTranslation } from 'react-i18next'
import { JsonTree } from '@/ui/json-tree'

export interface Difference {
  field: string
  before?: unknown
  after?: unknown
}

export function ChangesTable({ changes, label }: { changes: Difference[]; label: string }) {
  const { t } = useTranslation()
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={label}>
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
            <tr key={change.field}>
              <td className="fit">{change.field ? <code>{change.field}</code> : t('audit.whole')}</td>
              <td className="wrap break">
                <Side value={change.before} />
              </td>
              <td className="wrap break">
                <Side value={change.after} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Side({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="muted">–</span>
  if (typeof value === 'object') return <JsonTree value={value} />
  return <code className="break">{typeof value === 'string' ? value : JSON.stringify(value)}</code>
}
