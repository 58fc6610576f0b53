// Something to know, with an icon and words: never colour alone.
import { CheckCircleOutlined, ExclamationCircleOutlined, InfoCircleOutlined, WarningOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'

export type Tone = 'info' | 'ok' | 'wait' | 'bad' | 'calm'

const ICON = { info: InfoCircleOutlined, ok: CheckCircleOutlined, wait: WarningOutlined, bad: ExclamationCircleOutlined, calm: InfoCircleOutlined }

export function Notice(props: { tone?: Tone; title?: ReactNode; children?: ReactNode; actions?: ReactNode; live?: boolean }) {
  const tone = props.tone ?? 'info'
  const Icon = ICON[tone]
  return (
    <div className={`notice ${tone}`} role={props.live ? (tone === 'bad' ? 'alert' : 'status') : undefined}>
      <Icon aria-hidden />
      <div className="body">
        {props.title && <div className="what">{props.title}</div>}
        {props.children}
      </div>
      {props.actions}
    </div>
  )
}
