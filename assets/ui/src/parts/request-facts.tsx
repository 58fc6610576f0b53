// Who asks, to what the consent is bound, until when, and who said what so far.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { ApprovalDetail } from '@/api/types'
import { short, shortId } from '@/format'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { Facts } from '@/ui/facts'
import { ActorName } from './actor'
import { ApprovalTag } from './approval-tag'
import { useGroupName } from './group-name'
import { LimitFacts, Writes } from './plan-panel'
import { PhaseTag } from './tags'
import { Time } from './time'

export function RequestFacts({ request }: { request: ApprovalDetail }) {
  const { t } = useTranslation()
  const ends = request.matter === 'review' ? t('approvals.due') : t('approvals.expires')
  return (
    <Card title={t(request.matter === 'run' ? 'approvals.what' : 'common.details')}>
      <div className="stack">
        <Facts
          items={[
            [t('runs.requester'), <ActorName key="a" actor={request.requester} />],
            request.trigger ? [t('runs.trigger'), t(`trigger.${request.trigger}`)] : null,
            [t('common.reason'), request.reason],
            request.ticket ? [t('approvals.ticket'), request.ticket] : null,
            request.run && request.run_phase ? [t('runs.run'), <span key="r" className="row tight"><Link href={paths.run(request.run)} className="mono">{shortId(request.run)}</Link><PhaseTag phase={request.run_phase} /></span>] : null,
            request.version ? [t('plan.version'), <span key="v">v{request.version} {request.version_digest && <code title={request.version_digest}>{short(request.version_digest)}</code>}</span>] : null,
            request.network ? [t('plan.writes'), <Writes key="w" writes={request.writes} />] : null,
            request.network ? [t('plan.network'), t(`network.${request.network}`)] : null,
            request.isolation ? [t('plan.isolation'), t(`isolation.${request.isolation}`)] : null,
            request.inputs_digest ? [t('plan.inputs_digest'), <code key="i" title={request.inputs_digest}>{short(request.inputs_digest)}</code>] : null,
            [t('approvals.binding'), <span key="b" className="row tight"><code title={request.binding}>{short(request.binding)}</code><CopyButton text={request.binding} label={t('plan.copy_digest')} /></span>],
            request.source ? [t('approvals.source_address'), request.source] : null,
            [t('runs.created'), <Time key="c" at={request.created_at} />],
            request.closed_at ? [t('approvals.closed_at'), <Time key="e" at={request.closed_at} />] : [ends, <Time key="e" at={request.expires_at} />],
            request.escalates_at && request.escalates_to ? [t('approvals.escalates'), <span key="g"><Time at={request.escalates_at} /> {t('approvals.escalates_to', { role: t(`role.${request.escalates_to}`, { defaultValue: request.escalates_to }) })}</span>] : null,
            [t('approvals.assignee'), request.assignee ? <ActorName key="s" actor={request.assignee} /> : <span key="s" className="muted">{t('approvals.nobody')}</span>],
          ]}
        />
        {request.limits && <LimitFacts limits={request.limits} />}
      </div>
    </Card>
  )
}

export function RequestDecisions({ request }: { request: ApprovalDetail }) {
  const { t } = useTranslation()
  const group = useGroupName(request.group)
  return (
    <Card title={t('approvals.decisions', { consents: request.consents, approvers: request.approvers, role: group ?? t(`role.${request.role}`, { defaultValue: request.role }) })}>
      {request.decisions.length === 0 ? (
        <p className="muted">{t('approvals.nobody_yet')}</p>
      ) : (
        <ul className="stack plain-list">
          {request.decisions.map((decision) => (
            <li key={`${decision.by.id ?? ''} ${decision.at}`}>
              <span className="row tight">
                <ApprovalTag state={decision.verdict === 'approve' ? 'approved' : 'rejected'} matter={request.matter} />
                <ActorName actor={decision.by} />
                {decision.on_behalf_of && <span>{t('approvals.behalf', { name: decision.on_behalf_of })}</span>}
                <Time at={decision.at} />
              </span>
              {decision.reauthenticated && <div className="muted">{t('approvals.reauthenticated')}</div>}
              {decision.self_approved && <div className="muted">{t('approvals.own')}</div>}
              {!decision.counts && decision.verdict === 'approve' && <div className="muted">{t('approvals.does_not_count')}</div>}
              {decision.comment && <div className="break">{decision.comment}</div>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
