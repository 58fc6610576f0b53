// A plain table: columns, rows, optional selection, keyboard cursor (j, k, Enter). Paging and filters belong to the page.
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isTyping } from './typing'

export interface Column<T> {
  id: string
  title: ReactNode
  cell: (row: T) => ReactNode
  /** Numbers stand right; ids and times take no more room than they need. */
  kind?: 'right' | 'fit'
  wrap?: boolean
}

interface Props<T> {
  label: string
  columns: Column<T>[]
  rows: T[]
  rowKey: (row: T) => string
  selected?: ReadonlySet<string>
  onSelect?: (selected: ReadonlySet<string>) => void
  onOpen?: (row: T) => void
}

export function DataTable<T>({ label, columns, rows, rowKey, selected, onSelect, onOpen }: Props<T>) {
  const { t } = useTranslation()
  const [cursor, setCursor] = useState(-1)
  const body = useRef<HTMLTableSectionElement>(null)
  const key = useEffectEvent((event: KeyboardEvent) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('.ant-modal-wrap:not([style*="none"])')) return
    if (event.key === 'j' || event.key === 'k') {
      const next = Math.min(rows.length - 1, Math.max(0, cursor + (event.key === 'j' ? 1 : -1)))
      setCursor(next)
      body.current?.rows[next]?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter' && onOpen && (document.activeElement === document.body || document.activeElement?.tagName === 'H1')) {
      const row = rows[cursor]
      if (row) onOpen(row)
    } else if (event.key === 'x' && onSelect && rows[cursor]) toggle(rowKey(rows[cursor]))
  })
  useEffect(() => {
    if (!onOpen) return
    const listen = (event: KeyboardEvent) => key(event)
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [onOpen !== undefined])

  const toggle = (id: string) => {
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    onSelect?.(next)
  }
  const all = rows.length > 0 && rows.every((row) => selected?.has(rowKey(row)))
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            {onSelect && (
              <th className="check-cell" scope="col">
                <input
                  type="checkbox"
                  aria-label={t('common.select_all')}
                  checked={all}
                  onChange={() => onSelect(all ? new Set() : new Set(rows.map(rowKey)))}
                />
              </th>
            )}
            {columns.map((column) => (
              <th key={column.id} scope="col" className={column.kind ?? ''}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, i) => {
            const id = rowKey(row)
            return (
              <tr key={id} className={i === cursor ? 'cursor' : undefined}>
                {onSelect && (
                  <td className="check-cell">
                    <input type="checkbox" aria-label={t('common.select_row', { name: id })} checked={selected?.has(id) ?? false} onChange={() => toggle(id)} />
                  </td>
                )}
                {columns.map((column) => (
                  <td key={column.id} className={`${column.kind ?? ''} ${column.wrap ? 'wrap' : ''}`}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
