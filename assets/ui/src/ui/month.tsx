// A month as weeks and days; what stands in a day is the page's business. Days are texts such as 2026-11-25: no zone, no clock.
import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const DAY_MS = 86_400_000

const text = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const ms = (day: string) => Date.parse(`${day}T00:00:00Z`)

/** The weeks that a month (`2026-11`) touches, Monday first. */
export function weeksOf(month: string): string[][] {
  const first = ms(`${month}-01`)
  const monday = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY_MS
  const weeks: string[][] = []
  for (let at = monday; text(at).slice(0, 7) <= month; at += 7 * DAY_MS) weeks.push(Array.from({ length: 7 }, (_, i) => text(at + i * DAY_MS)))
  return weeks
}

/** Months before or after. */
export function monthFrom(month: string, steps: number): string {
  const [year = 1970, number = 1] = month.split('-').map(Number)
  return text(Date.UTC(year, number - 1 + steps, 1)).slice(0, 7)
}

interface Props {
  month: string
  today: string
  onChange: (month: string) => void
  label: string
  day: (day: string) => ReactNode
  tone?: (day: string) => string | undefined
}

export function Month({ month, today, onChange, label, day, tone }: Props) {
  const { t } = useTranslation()
  return (
    <div className="stack">
      <div className="row">
        <Button size="small" aria-label={t('calendar.before')} icon={<LeftOutlined aria-hidden />} onClick={() => onChange(monthFrom(month, -1))} />
        <strong className="num" aria-live="polite">
          {month}
        </strong>
        <Button size="small" aria-label={t('calendar.after')} icon={<RightOutlined aria-hidden />} onClick={() => onChange(monthFrom(month, 1))} />
        <Button size="small" disabled={month === today.slice(0, 7)} onClick={() => onChange(today.slice(0, 7))}>
          {t('calendar.today')}
        </Button>
      </div>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={label}>
        <table className="month">
          <caption className="visually-hidden">
            {label} {month}
          </caption>
          <thead>
            <tr>
              {DAYS.map((name) => (
                <th key={name} scope="col">
                  {t(`freeze.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeksOf(month).map((week) => (
              <tr key={week[0]}>
                {week.map((one) => (
                  <td key={one} className={[one.slice(0, 7) === month ? '' : 'other', one === today ? 'today' : '', tone?.(one) ?? ''].filter(Boolean).join(' ') || undefined}>
                    <time dateTime={one} className="num" aria-current={one === today ? 'date' : undefined}>
                      {Number(one.slice(8))}
                    </time>
                    {day(one)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}
