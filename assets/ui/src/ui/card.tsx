// A titled box.
import type { ReactNode } from 'react'

export function Card(props: { title?: ReactNode; extra?: ReactNode; flush?: boolean; children: ReactNode; className?: string }) {
  return (
    <div className={`card ${props.className ?? ''}`}>
      {props.title && (
        <div className="card-head">
          <h2>{props.title}</h2>
          {props.extra}
        </div>
      )}
      <div className={props.flush ? 'card-body flush' : 'card-body'}>{props.children}</div>
    </div>
  )
}
