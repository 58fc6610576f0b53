// The frame of a page: crumbs, heading, actions. The heading takes focus after a change of page, so that it is read out.
import { type ReactNode, useEffect, useRef } from 'react'
import { Link } from 'wouter'

interface Crumb {
  to: string
  text: string
}

let first = true

export function Page(props: { title: string; heading?: ReactNode; crumbs?: Crumb[]; meta?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${props.title} · ExecGov`
  }, [props.title])
  useEffect(() => {
    if (first) first = false
    else if (!document.activeElement?.closest('.ant-modal, main')) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <>
      <header className="page-head">
        <div className="titles">
          {props.crumbs && props.crumbs.length > 0 && (
            <div className="crumbs">
              {props.crumbs.map((crumb) => (
                <span key={crumb.to}>
                  <Link href={crumb.to}>{crumb.text}</Link>
                  {' / '}
                </span>
              ))}
            </div>
          )}
          <h1 ref={heading} tabIndex={-1} className="break">
            {props.heading ?? props.title}
          </h1>
          {props.meta && <div className="page-meta">{props.meta}</div>}
        </div>
        {props.actions && <div className="actions">{props.actions}</div>}
      </header>
      {props.children}
    </>
  )
}
