// What would happen if the run were started now: version, verdict with its rule, limits, isolation, network, write boundary.
import { CheckCircleOutlined, HourglassOutlined, StopOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import type { Manifest, Plan } from '@/api/types'
import { formatDuration, formatBytes, short } from '@/format'
import { CopyButton } from '@/ui/copy'
import { Facts } from '@/ui/facts'
import { needText } from './approval-tag'
import { quote } from './commands'
import { PlannedRequest } from './planned-request'
import { PlainTag, RiskTag } from './tags'
import { Time } from './time'

const VERDICT = { allowed: ['ok', CheckCircleOutlined], needs_confirmation: ['wait', HourglassOutlined], needs_approval: ['wait', HourglassOutlined], frozen: ['bad', StopOutlined], refused: ['bad', StopOutlined] } as const

export function PlanPanel({ plan }: { plan: Plan }) {
  const { t } = useTranslation()
  const [tone, Icon] = VERDICT[plan.verdict]
  return (
    <div className="stack">
      <div className={`notice ${tone}`}>
        <Icon aria-hidden />
        <div className="body">
          <div className="what">{t(`plan.${plan.verdict}`)}</div>
          {(plan.freezes ?? []).map((freeze) => (
            <div key={freeze.id}>
              {freeze.name} · {t('freeze.until')} <Time at={freeze.until} />
            </div>
          ))}
          {plan.verdict !== 'refused' && plan.needs.rule.need.kind !== 'none' && (
            <div>
              {needText(t, plan.needs.rule.need)} · {t(`approvals.by_${plan.needs.source}`)}
            </div>
          )}
          {plan.verdict !== 'refused' && plan.needs.rule.reason_required && <div>{t('rule.reason_required')}</div>}
          {plan.verdict !== 'refused' && plan.needs.rule.ticket_pattern && (
            <div>
              {t('approvals.ticket')}: <code>{plan.needs.rule.ticket_pattern}</code>
            </div>
          )}
          {plan.reason && <div lang="en">{plan.reason}</div>}
          {plan.policies.length > 0 && (
            <div className="muted">
              {t('plan.by')} {plan.policies.map((policy) => <code key={policy}>{policy} </code>)}
            </div>
          )}
        </div>
      </div>
      <Facts
        items={[
          [
            t('plan.version'),
            <span key="v" className="row tight">
              v{plan.version} <code title={plan.version_digest}>{short(plan.version_digest)}</code>
              <CopyButton text={plan.version_digest} label={t('plan.copy_digest')} />
            </span>,
          ],
          [t('plan.risk'), <RiskTag key="r" risk={plan.risk} />],
          [t('plan.writes'), plan.request && plan.writes.length === 0 ? t('resource.read_only') : <Writes key="w" writes={plan.writes} />],
          [t('plan.network'), plan.request ? plan.request.hosts.join(', ') : t(`network.${plan.network}`)],
          [t('plan.isolation'), t(`isolation.${plan.isolation}`)],
          [t('plan.start'), t(`start.${plan.start}`)],
          !plan.request && [t('plan.interpreter'), plan.interpreter],
          [t('plan.queue'), plan.queued_ahead === 0 ? t('plan.at_once') : t('plan.ahead', { count: plan.queued_ahead })],
          [t('plan.expected'), plan.expected_ms ? formatDuration(plan.expected_ms) : t('plan.unknown')],
          plan.argv ? [t('plan.argv'), <code key="a" className="break">{plan.argv.map(quote).join(' ')}</code>] : null,
          [t('plan.inputs_digest'), <code key="d" title={plan.inputs_digest}>{short(plan.inputs_digest)}</code>],
        ]}
      />
      {plan.request && <PlannedRequest planned={plan.request} />}
      <LimitFacts limits={plan.limits} />
    </div>
  )
}

export function Writes({ writes }: { writes: string[] }) {
  const { t } = useTranslation()
  if (writes.length === 0) return <>{t('plan.read_only')}</>
  return (
    <span className="row tight">
      {writes.map((target) => (
        <PlainTag key={target}>{target}</PlainTag>
      ))}
    </span>
  )
}

export function LimitFacts({ limits }: { limits: Manifest['limits'] }) {
  const { t } = useTranslation()
  if (!limits) return null
  return (
    <details>
      <summary>{t('limits.title', { wall: formatDuration(limits.wall_ms), memory: formatBytes(limits.memory_bytes) })}</summary>
      <div style={{ paddingTop: 8 }}>
        <Facts
          items={[
            [t('limits.wall'), formatDuration(limits.wall_ms)],
            [t('limits.cpu'), formatDuration(limits.cpu_ms)],
            [t('limits.memory'), formatBytes(limits.memory_bytes)],
            [t('limits.processes'), limits.processes],
            [t('limits.file'), formatBytes(limits.file_bytes)],
            [t('limits.disk'), formatBytes(limits.disk_bytes)],
            [t('limits.output'), formatBytes(limits.output_bytes)],
            [t('limits.artifacts'), limits.artifacts],
            [t('limits.result'), formatBytes(limits.result_bytes)],
          ]}
        />
      </div>
    </details>
  )
}
