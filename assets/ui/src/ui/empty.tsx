// Nothing here: why, and what to do.
import type { ReactNode } from 'react'

export function Empty(props: { why: string; what?: ReactNode; children?: ReactNode }) {
  return (
    <div className="empty">
      <div className="why">{props.why}</div>
      {props.what && <p>{props.what}</p>}
      {props.children && <div className="row">{props.children}</div>}
    </div>
  )
}
