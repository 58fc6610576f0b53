// The inbox: what waits for me, what I asked for, runs that went ahead and wait for an answer, everything I may see.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { approvals } from '@/api/approvals'
import type { ApprovalSummary, MatterKind } from '@/api/types'
import { shortId } from '@/format'
import { useMe } from '@/hooks/me'
import { useUrlState } from '@/hooks/url-state'
import { ActorName } from '@/parts/actor'
import { ApprovalTag } from '@/parts/approval-tag'
import { ApprovalTabs, INBOX } from '@/parts/approval-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { MatterLink, MatterTag } from '@/parts/matter-tag'
import { Pager } from '@/parts/pager'
import { Typed } from '@/parts/run-filters'
import { RiskTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { type Column, DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

const STATES = ['open', 'approved', 'rejected', 'withdrawn', 'expired', 'voided']
const KINDS: MatterKind[] = ['run', 'publish', 'setting', 'review']

export default function Approvals() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const [state, change] = useUrlState()
  const view = INBOX.find((one) => one === state.view) ?? 'to_decide'
  const reviews = view === 'reviews'
  const params = { view: reviews ? 'all' : view, state: state.state, matter: reviews ? 'review' : state.matter, capability: state.capability, cursor: state.cursor, limit: 50 }
  const query = useQuery({
    queryKey: ['approvals', params],
    queryFn: ({ signal }) => approvals.list(params, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
  const counts = useQuery({ queryKey: ['approvals', 'counts'], queryFn: approvals.counts, staleTime: 10_000 })
  const filtered = Boolean(state.state || state.capability || state.matter)
  return (
    <Page
      title={t('nav.approvals')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="explanation/approvals" />
        </>
      }
    >
      <ApprovalTabs current={view} />
      {(counts.data?.to_confirm ?? 0) > 0 && (
        <Notice tone="wait" title={t('approvals.to_confirm', { count: counts.data?.to_confirm })}>
          <Link href={paths.runs({ phase: 'awaiting_confirmation', requester: me?.name })}>{t('approvals.to_confirm_show')}</Link>
        </Notice>
      )}
      <div className="card">
        <div className="filters" role="search">
          <Typed key={`c ${state.capability ?? ''}`} label={t('runs.capability')} value={state.capability} width={180} onChange={(capability) => change({ capability })} />
          {!reviews && (
            <Select
              aria-label={t('approvals.what_kind')}
              value={state.matter ?? ''}
              onChange={(matter) => change({ matter })}
              style={{ minWidth: 150 }}
              options={[{ value: '', label: t('approvals.any_kind') }, ...KINDS.map((value) => ({ value, label: t(`matter.${value}`) }))]}
            />
          )}
          {view !== 'to_decide' && (
            <Select
              aria-label={t('runs.state')}
              value={state.state ?? ''}
              onChange={(next) => change({ state: next })}
              style={{ minWidth: 150 }}
              options={[{ value: '', label: t('approvals.any_state') }, ...STATES.map((value) => ({ value, label: t(`approval_state.${value}`) }))]}
            />
          )}
        </div>
        <Loaded query={query} rows={8}>
          {(page) =>
            page.items.length === 0 ? (
              <Empty why={t(filtered ? 'approvals.none_match' : `approvals.none_${view}`)}>
                {filtered && <Button onClick={() => change({ state: null, capability: null, matter: null })}>{t('common.clear_filters')}</Button>}
              </Empty>
            ) : (
              <>
                <DataTable label={t('nav.approvals')} rows={page.items} rowKey={(row) => row.id} onOpen={(row) => navigate(paths.approval(row.id))} columns={columns(t)} />
                <Pager next={page.next} shown={page.items.length} />
              </>
            )
          }
        </Loaded>
      </div>
    </Page>
  )
}

function columns(t: TFunction): Column<ApprovalSummary>[] {
  return [
    {
      id: 'state',
      title: t('runs.state'),
      kind: 'fit',
      cell: (row) => (
        <span className="row tight nowrap">
          <ApprovalTag state={row.state} matter={row.matter} />
          {row.escalated && row.state === 'open' && <span className="tag wait">{t('approvals.escalated')}</span>}
          {row.overdue && <span className="tag bad">{t('approvals.overdue')}</span>}
        </span>
      ),
    },
    {
      id: 'id',
      title: t('approvals.request'),
      kind: 'fit',
      cell: (row) => (
        <Link href={paths.approval(row.id)} className="mono" title={row.id} aria-label={t('approvals.open', { id: row.id })}>
          {shortId(row.id)}
        </Link>
      ),
    },
    { id: 'matter', title: t('approvals.what_kind'), kind: 'fit', cell: (row) => <MatterTag request={row} /> },
    { id: 'about', title: t('approvals.about'), cell: (row) => <MatterLink request={row} /> },
    { id: 'risk', title: t('plan.risk'), kind: 'fit', cell: (row) => <RiskTag risk={row.risk} /> },
    { id: 'requester', title: t('runs.requester'), cell: (row) => <ActorName actor={row.requester} /> },
    { id: 'assignee', title: t('approvals.assignee'), cell: (row) => (row.assignee ? <ActorName actor={row.assignee} /> : <span className="muted">–</span>) },
    { id: 'consents', title: t('approvals.consents'), kind: 'fit', cell: (row) => <span className="num">{`${row.consents} / ${row.approvers}`}</span> },
    { id: 'created', title: t('runs.created'), kind: 'fit', cell: (row) => <Time at={row.created_at} /> },
    { id: 'expires', title: t('approvals.expires'), kind: 'fit', cell: (row) => (row.state === 'open' ? <Time at={row.expires_at} /> : '–') },
  ]
}
