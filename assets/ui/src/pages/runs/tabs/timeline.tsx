// Where the time went: waiting in the queue, each attempt, on one axis.
import { useTranslation } from 'react-i18next'
import type { RunDetail } from '@/api/types'
import { formatBytes, formatDuration } from '@/format'
import { useNow } from '@/hooks/time'
import { Time } from '@/parts/time'
import { Card } from '@/ui/card'
import { Facts } from '@/ui/facts'
import { spans } from './timeline-spans'

export default function Timeline({ run }: { run: RunDetail }) {
  const { t } = useTranslation()
  const now = useNow(!run.finished_at)
  const all = spans(run, now)
  const begin = all[0]?.from ?? 0
  const end = Math.max(begin + 1, ...all.map((span) => span.to))
  const place = (ms: number) => ((ms - begin) / (end - begin)) * 100
  const last = run.attempts.at(-1)
  return (
    <div className="two-columns">
      <Card title={t('timeline.title', { total: formatDuration(end - begin) })}>
        <div className="timeline">
          {all.map((span) => (
            <div key={span.name} className="timeline-row">
              <span>{span.name.startsWith('attempt') ? t('timeline.attempt', { n: span.name.slice(8) }) : t(`timeline.${span.name}`)}</span>
              <div className="timeline-track" role="img" aria-label={t('timeline.span', { took: formatDuration(span.to - span.from), after: formatDuration(span.from - begin) })}>
                <span className={span.tone} style={{ left: `${place(span.from)}%`, width: `${Math.max(0.3, place(span.to) - place(span.from))}%` }} />
              </div>
              <span className="num right">{formatDuration(span.to - span.from)}</span>
            </div>
          ))}
        </div>
      </Card>
      <div className="stack wide">
        <Card title={t('timeline.moments')}>
          <Facts
            items={[
              [t('timeline.requested'), <Time key="c" at={run.created_at} />],
              run.hold?.confirmed_at ? [t('timeline.confirmed'), <Time key="k" at={run.hold.confirmed_at} />] : null,
              [t('timeline.queued'), <Time key="q" at={run.queued_at} />],
              [t('timeline.started'), <Time key="s" at={run.started_at} />],
              [t('timeline.finished'), <Time key="f" at={run.finished_at} />],
            ]}
          />
        </Card>
        {last && (
          <Card title={t('timeline.environment')}>
            <Facts
              items={[
                [t('plan.isolation'), last.isolation ? t(`isolation.${last.isolation.level}`) : null],
                last.isolation?.missing?.length ? [t('timeline.missing'), last.isolation.missing.join(', ')] : null,
                [t('timeline.memory_by'), last.isolation?.memory],
                [t('plan.start'), last.start ? t(`start.${last.start}`) : null],
                [t('plan.interpreter'), last.interpreter],
                [t('runs.exit'), last.exit_code ?? (last.signal ? t('timeline.signal', { n: last.signal }) : null)],
                [t('limits.wall'), formatDuration(last.usage?.wall_ms)],
                [t('limits.cpu'), formatDuration((last.usage?.cpu_user_ms ?? 0) + (last.usage?.cpu_system_ms ?? 0))],
                [t('timeline.memory_peak'), formatBytes(last.usage?.memory_peak_bytes)],
              ]}
            />
          </Card>
        )}
      </div>
    </div>
  )
}
