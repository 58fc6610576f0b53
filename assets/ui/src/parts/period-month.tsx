// Periods as days of a month, in the reader's zone.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Period } from '@/api/types'
import { formatTime, parseLocal } from '@/format'
import { useNow, useTime } from '@/hooks/time'
import { useUrlState } from '@/hooks/url-state'
import { Month, weeksOf } from '@/ui/month'
import { Loaded } from './loaded'
import { partOf } from './period-part'

interface Props {
  label: string
  queryKey: string[]
  load: (from: string, until: string) => Promise<{ items: Period[] }>
  tone: string
}

export function PeriodMonth({ label, queryKey, load, tone }: Props) {
  const { t } = useTranslation()
  const { zone } = useTime()
  const [state, change] = useUrlState()
  const today = formatTime(new Date(useNow(false)).toISOString(), zone).slice(0, 10)
  const month = /^\d{4}-(0[1-9]|1[0-2])$/.test(state.month ?? '') ? (state.month as string) : today.slice(0, 7)
  const weeks = weeksOf(month)
  const from = parseLocal(`${weeks[0]?.[0] ?? ''} 00:00`, zone) ?? ''
  const last = weeks.at(-1)?.[6] ?? ''
  const until = parseLocal(`${last} 23:59:59`, zone) ?? ''
  const query = useQuery({ queryKey: [...queryKey, from, until], queryFn: () => load(from, until) })
  return (
    <Loaded query={query} rows={8}>
      {({ items }) => (
        <Month
          label={label}
          month={month}
          today={today}
          onChange={(next) => change({ month: next === today.slice(0, 7) ? null : next }, 'replace')}
          tone={(day) => (items.some((one) => partOf(one, day, zone)) ? 'off' : undefined)}
          day={(day) =>
            items.map((one) => {
              const part = partOf(one, day, zone)
              if (!part) return null
              const when = part.from || part.until ? `${part.from ?? '00:00'}–${part.until ?? '24:00'}` : t('calendar.whole_day')
              return (
                <span key={`${one.id} ${one.from}`} className={`tag ${tone}`} title={`${one.name} · ${formatTime(one.from, zone)} – ${formatTime(one.until, zone)}`}>
                  {one.name} <span className="num">{when}</span>
                </span>
              )
            })
          }
        />
      )}
    </Loaded>
  )
}
