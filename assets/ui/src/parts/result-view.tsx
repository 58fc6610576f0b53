// A JSON value as what it looks like: rows of equal objects as a table, everything else as a tree.
import { useTranslation } from 'react-i18next'
import { formatCount } from '@/format'
import { Facts } from '@/ui/facts'
import { JsonTree } from '@/ui/json-tree'

type Row = Record<string, unknown>

/** The columns of a list of flat objects; nothing when it is no such list. */
export function columnsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || !value.every((item) => item !== null && typeof item === 'object' && !Array.isArray(item))) return undefined
  const names = new Set<string>()
  for (const row of value.slice(0, 200) as Row[]) for (const key of Object.keys(row)) names.add(key)
  return names.size > 0 && names.size <= 24 ? [...names] : undefined
}

const isPlain = (value: unknown) => value === null || typeof value !== 'object'
const MOST = 500

export function ResultView({ value }: { value: unknown }) {
  if (columnsOf(value)) return <RowTable rows={value as Row[]} />
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    const entries = Object.entries(value)
    const plain = entries.filter(([, inner]) => isPlain(inner))
    const rest = entries.filter(([, inner]) => !isPlain(inner))
    return (
      <div className="stack wide">
        {plain.length > 0 && <Facts items={plain.map(([name, inner]) => [name, <span key={name} className="break">{String(inner)}</span>])} />}
        {rest.map(([name, inner]) => (
          <div key={name} className="stack tight">
            <h3>{name}</h3>
            {columnsOf(inner) ? <RowTable rows={inner as Row[]} label={name} /> : <JsonTree value={inner} />}
          </div>
        ))}
      </div>
    )
  }
  return <JsonTree value={value} />
}

export function RowTable({ rows, label }: { rows: Row[]; label?: string }) {
  const { t } = useTranslation()
  const columns = columnsOf(rows) ?? []
  return (
    <div className="stack tight">
      <div className="table-scroll" tabIndex={0} role="region" aria-label={label ?? t('run.result')} style={{ maxHeight: 480, overflowY: 'auto' }}>
        <table className="table">
          <thead>
            <tr>
              {columns.map((name) => (
                <th key={name} scope="col" className={rows.every((row) => typeof row[name] === 'number') ? 'right' : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST).map((row, i) => (
              <tr key={i}>
                {columns.map((name) => (
                  <td key={name} className={`break ${typeof row[name] === 'number' ? 'right num' : ''}`}>
                    {isPlain(row[name]) ? (row[name] === undefined || row[name] === null ? '' : String(row[name])) : <code>{JSON.stringify(row[name])}</code>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > MOST && <span className="muted">{t('common.shown_of', { n: formatCount(MOST), total: formatCount(rows.length) })}</span>}
    </div>
  )
}
