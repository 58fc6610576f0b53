// A JSON value as a tree that folds. Long lists open a part at a time.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

const STEP = 100

export function JsonTree({ value, name }: { value: unknown; name?: string }) {
  return (
    <div className="tree">
      <Node value={value} name={name} depth={0} />
    </div>
  )
}

function Node({ value, name, depth }: { value: unknown; name?: string; depth: number }) {
  const key = name === undefined ? null : <span className="key">{name}: </span>
  if (value !== null && typeof value === 'object') {
    const entries: [string, unknown][] = Array.isArray(value) ? value.map((item, i) => [String(i), item]) : Object.entries(value)
    const mark = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`
    if (entries.length === 0) {
      return (
        <div>
          {key}
          <span className="lit">{Array.isArray(value) ? '[]' : '{}'}</span>
        </div>
      )
    }
    return (
      <details open={depth < 2}>
        <summary>
          {key}
          <span className="muted">{mark}</span>
        </summary>
        <Entries entries={entries} depth={depth} />
      </details>
    )
  }
  return (
    <div>
      {key}
      {typeof value === 'string' ? <span className="str">{JSON.stringify(value)}</span> : <span className="lit">{String(value)}</span>}
    </div>
  )
}

function Entries({ entries, depth }: { entries: [string, unknown][]; depth: number }) {
  const { t } = useTranslation()
  const [shown, setShown] = useState(STEP)
  return (
    <ul>
      {entries.slice(0, shown).map(([key, inner]) => (
        <li key={key}>
          <Node value={inner} name={key} depth={depth + 1} />
        </li>
      ))}
      {entries.length > shown && (
        <li>
          <button type="button" className="icon-button" onClick={() => setShown(shown + STEP * 5)}>
            {t('common.show_more', { count: entries.length - shown })}
          </button>
        </li>
      )}
    </ul>
  )
}
