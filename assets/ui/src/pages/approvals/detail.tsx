// One request: what would happen, what changed since the last approved version, who decided, and the decision itself.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'wouter'
import { approvals } from '@/api/approvals'
import type { ApprovalDetail } from '@/api/types'
import { ApprovalAssign } from '@/forms/approval-assign'
import { ApprovalDecide } from '@/forms/approval-decide'
import { ApprovalWithdraw } from '@/forms/approval-withdraw'
import { shortId } from '@/format'
import { useMe } from '@/hooks/me'
import { ApprovalTag } from '@/parts/approval-tag'
import { Loaded } from '@/parts/loaded'
import { MatterTag } from '@/parts/matter-tag'
import { errorTitle } from '@/parts/problem'
import { RequestDecisions, RequestFacts } from '@/parts/request-facts'
import { RequestWhat } from '@/parts/request-what'
import { RiskTag } from '@/parts/tags'
import { ZoneNote } from '@/parts/time'
import { whyNotDecide } from '@/parts/why-not'
import { paths } from '@/paths'
import { CopyButton } from '@/ui/copy'
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
  const [open, setOpen] = useState<'approve' | 'reject' | 'withdraw' | 'assign' | undefined>()
  const waits = request.state === 'open'
  const review = request.matter === 'review'
  const why = whyNotDecide(t, request, me)
  const title = { run: 'approvals.title', publish: 'approvals.title_publish', setting: 'approvals.title_setting', review: 'approvals.title_review' }[request.matter]
  return (
    <Page
      title={`${request.name} · ${shortId(request.id)}`}
      crumbs={[{ to: paths.approvals(), text: t('nav.approvals') }]}
      heading={
        <span className="row">
          {t(title, { capability: request.capability ?? request.name, version: request.version, name: request.name })}
          <ApprovalTag state={request.state} matter={request.matter} />
          <RiskTag risk={request.risk} />
        </span>
      }
      meta={
        <>
          <MatterTag request={request} />
          {request.escalated && <span className="tag wait">{t('approvals.escalated')}</span>}
          {request.overdue && <span className="tag bad">{t('approvals.overdue')}</span>}
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
            {request.actions.includes('approval.assign') && <Button onClick={() => setOpen('assign')}>{t('approvals.assign')}</Button>}
            {request.actions.includes('approval.withdraw') && <Button onClick={() => setOpen('withdraw')}>{t('approvals.withdraw')}</Button>}
            <Button danger disabled={why !== undefined} title={why} onClick={() => setOpen('reject')}>
              {t(review ? 'approvals.wrong' : 'approvals.reject')}
            </Button>
            <Button type="primary" disabled={why !== undefined} title={why} onClick={() => setOpen('approve')}>
              {t(review ? 'approvals.right' : 'approvals.approve')}
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
        {waits && !why && request.on_behalf_of && <Notice tone="calm" title={t('approvals.behalf_notice', { name: request.on_behalf_of })} />}
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
          <RequestWhat request={request} />
          <div className="stack wide">
            <RequestFacts request={request} />
            <RequestDecisions request={request} />
          </div>
        </div>
      </div>
      {(open === 'approve' || open === 'reject') && <ApprovalDecide request={request} verdict={open} onClose={() => setOpen(undefined)} />}
      {open === 'withdraw' && <ApprovalWithdraw request={request} onClose={() => setOpen(undefined)} />}
      {open === 'assign' && <ApprovalAssign request={request} onClose={() => setOpen(undefined)} />}
    </Page>
  )
}
