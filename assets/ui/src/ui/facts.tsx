// Names and values in two columns.
import type { ReactNode } from 'react'

export type Fact = [name: ReactNode, value: ReactNode]
/** What is not there leaves no row. */
export type FactItem = Fact | false | '' | 0 | null | undefined

export function Facts({ items }: { items: FactItem[] }) {
  return (
    <dl className="facts">
      {items.map((item, i) =>
        item ? (
          // The list is fixed for a given page, so its place identifies a fact.
          <FactRow key={i} name={item[0]} value={item[1]} />
        ) : null,
      )}
    </dl>
  )
}

function FactRow({ name, value }: { name: ReactNode; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value === undefined || value === null || value === '' ? '–' : value}</dd>
    </>
  )
}
