// How far along one is.
import { CheckOutlined } from '@ant-design/icons'

export function Steps({ steps, current, label }: { steps: string[]; current: number; label: string }) {
  return (
    <ol className="steps" aria-label={label}>
      {steps.map((step, i) => (
        <li key={step} aria-current={i === current ? 'step' : undefined} className={i < current ? 'done' : undefined}>
          <span className="dot">{i < current ? <CheckOutlined aria-hidden /> : i + 1}</span>
          {step}
        </li>
      ))}
    </ol>
  )
}
