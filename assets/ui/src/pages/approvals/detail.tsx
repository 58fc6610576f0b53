// One request: what would run, what changed since the last approved version, who decided, and the decision itself.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'wouter'
import { approvals } from '@/api/approvals'
import type { ApprovalDetail } from '@/api/types'
import { ApprovalDecide } from '@/forms/approval-decide'
import { ApprovalWithdraw } from '@/forms/approval-withdraw'
import { short, shortId } from '@/format'
import { useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { ApprovalTag } from '@/parts/approval-tag'
import { Loaded } from '@/parts/loaded'
import { LimitFacts, Writes } from '@/parts/plan-panel'
import { errorTitle } from '@/parts/problem'
import { runColumns } from '@/parts/run-table'
import { PhaseTag, RiskTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { DiffBody } from '@/parts/version-diff'
import { whyNotDecide } from '@/parts/why-not'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { DataTable } from '@/ui/data-table'
import { Facts } from '@/ui/facts'
import { JsonTree } from '@/ui/json-tree'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

export default function Approval() {
  const id = decodeURIComponent(useParams<{ id: string }>().id)
  const query = useQuery({ queryKey: ['approvals', 'one', id], queryFn: () => approvals.show(id), refetchInterval: 10_000 })
  return (
    <Loaded query={query} page>
      {(request) => <ApprovalPage request={request} />}
    </Loaded>
  )
}

function ApprovalPage({ request }: { request: ApprovalDetail }) {
  const { t } = useTranslation()
  const me = useMe()
  const [open, setOpen] = useState<'approve' | 'reject' | 'withdraw' | undefined>()
  const waits = request.state === 'open'
  const why = whyNotDecide(t, request, me)
  return (
    <Page
      title={`${request.capability} · ${shortId(request.id)}`}
      crumbs={[{ to: paths.approvals(), text: t('nav.approvals') }]}
      heading={
        <span className="row">
          {t('approvals.title', { capability: request.capability, version: request.version })}
          <ApprovalTag state={request.state} />
          <RiskTag risk={request.risk} />
        </span>
      }
      meta={
        <>
          <span className="row tight">
            <code className="break">{request.id}</code>
            <CopyButton text={request.id} label={t('approvals.copy_id')} />
          </span>
          <ZoneNote />
        </>
      }
      actions={
        waits && (
          <>
            {request.actions.includes('approval.withdraw') && <Button onClick={() => setOpen('withdraw')}>{t('approvals.withdraw')}</Button>}
            <Button danger disabled={why !== undefined} title={why} onClick={() => setOpen('reject')}>
              {t('approvals.reject')}
            </Button>
            <Button type="primary" disabled={why !== undefined} title={why} onClick={() => setOpen('approve')}>
              {t('approvals.approve')}
            </Button>
          </>
        )
      }
    >
      <div className="stack wide">
        {waits && why && (
          <Notice tone="calm" title={t('why.cannot')}>
            {why}
          </Notice>
        )}
        {request.overrides.length > 0 && <Notice tone="wait" title={t('freeze.in_spite_of', { names: request.overrides.map((one) => one.name).join(', ') })} />}
        {request.lapsed && (
          <Notice tone="wait" title={t('approvals.lapsed')}>
            <span lang="en">{request.lapsed}</span>
          </Notice>
        )}
        {request.closed_reason && (
          <Notice tone="calm" title={errorTitle(request.closed_reason) ?? request.closed_reason}>
            <Link href={paths.errorPage(request.closed_reason)}>{t('errors.what_to_do', { code: request.closed_reason })}</Link>
          </Notice>
        )}
        <div className="two-columns">
          <div className="stack wide">
            <Card title={t('approvals.inputs')}>
              {Object.keys(request.inputs).length === 0 ? <p className="muted">{t('run_form.no_inputs')}</p> : <JsonTree value={request.inputs} />}
            </Card>
            <Card title={t('approvals.changes')}>
              {request.diff ? (
                <div className="stack">
                  <p className="muted">{t('approvals.since', { version: request.diff.from })}</p>
                  <DiffBody diff={request.diff} name={request.capability} />
                </div>
              ) : (
                <p>
                  {t(request.last_approved ? 'approvals.same_version' : 'approvals.first_time')}{' '}
                  <Link href={paths.source(request.capability, request.version)}>{t('approvals.read_source')}</Link>
                </p>
              )}
            </Card>
            <Card title={t('approvals.earlier')} flush>
              {request.earlier.length === 0 ? (
                <p className="card-body muted">{t('approvals.never_ran')}</p>
              ) : (
                <DataTable label={t('approvals.earlier')} rows={request.earlier} rowKey={(run) => run.id} columns={runColumns(t, ['phase', 'id', 'version', 'requester', 'created', 'wall'])} />
              )}
            </Card>
          </div>
          <div className="stack wide">
            <Card title={t('approvals.what')}>
              <div className="stack">
                <Facts
                  items={[
                    [t('runs.requester'), <ActorName key="a" actor={request.requester} />],
                    [t('runs.trigger'), t(`trigger.${request.trigger}`)],
                    [t('common.reason'), request.reason],
                    request.ticket ? [t('approvals.ticket'), request.ticket] : null,
                    [t('runs.run'), <span key="r" className="row tight"><Link href={paths.run(request.run)} className="mono">{shortId(request.run)}</Link><PhaseTag phase={request.run_phase} /></span>],
                    [t('plan.version'), <span key="v">v{request.version} <code title={request.version_digest}>{short(request.version_digest)}</code></span>],
                    [t('plan.writes'), <Writes key="w" writes={request.writes} />],
                    [t('plan.network'), t(`network.${request.network}`)],
                    [t('plan.isolation'), request.isolation ? t(`isolation.${request.isolation}`) : undefined],
                    [t('plan.inputs_digest'), <code key="i" title={request.inputs_digest}>{short(request.inputs_digest)}</code>],
                    [t('approvals.binding'), <span key="b" className="row tight"><code title={request.binding}>{short(request.binding)}</code><CopyButton text={request.binding} label={t('plan.copy_digest')} /></span>],
                    request.source ? [t('approvals.source_address'), request.source] : null,
                    [t('runs.created'), <Time key="c" at={request.created_at} />],
                    request.closed_at ? [t('approvals.closed_at'), <Time key="e" at={request.closed_at} />] : [t('approvals.expires'), <Time key="e" at={request.expires_at} />],
                  ]}
                />
                <LimitFacts limits={request.limits} />
              </div>
            </Card>
            <Card title={t('approvals.decisions', { consents: request.consents, approvers: request.approvers, role: t(`role.${request.role}`) })}>
              {request.decisions.length === 0 ? (
                <p className="muted">{t('approvals.nobody_yet')}</p>
              ) : (
                <ul className="stack plain-list">
                  {request.decisions.map((decision) => (
                    <li key={`${decision.by.id ?? ''} ${decision.at}`}>
                      <span className="row tight">
                        <ApprovalTag state={decision.verdict === 'approve' ? 'approved' : 'rejected'} />
                        <ActorName actor={decision.by} />
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
          </div>
        </div>
      </div>
      {(open === 'approve' || open === 'reject') && <ApprovalDecide request={request} verdict={open} onClose={() => setOpen(undefined)} />}
      {open === 'withdraw' && <ApprovalWithdraw request={request} onClose={() => setOpen(undefined)} />}
    </Page>
  )
}
