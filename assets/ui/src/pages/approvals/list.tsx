// The inbox: what waits for me, what I asked for, everything I may see.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { approvals } from '@/api/approvals'
import type { ApprovalSummary } from '@/api/types'
import { shortId } from '@/format'
import { useUrlState } from '@/hooks/url-state'
import { ActorName } from '@/parts/actor'
import { ApprovalTag } from '@/parts/approval-tag'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Pager } from '@/parts/pager'
import { Typed } from '@/parts/run-filters'
import { RiskTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { type Column, DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'
import { Tabs } from '@/ui/tabs'

const VIEWS = ['to_decide', 'mine', 'all'] as const
const STATES = ['open', 'approved', 'rejected', 'withdrawn', 'expired', 'voided']

export default function Approvals() {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const [state, change] = useUrlState()
  const view = VIEWS.find((one) => one === state.view) ?? 'to_decide'
  const params = { view, state: state.state, capability: state.capability, cursor: state.cursor, limit: 50 }
  const query = useQuery({
    queryKey: ['approvals', params],
    queryFn: ({ signal }) => approvals.list(params, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
  const counts = useQuery({ queryKey: ['approvals', 'counts'], queryFn: approvals.counts, staleTime: 10_000 })
  const label = (one: (typeof VIEWS)[number]) => {
    const count = one === 'to_decide' ? counts.data?.to_decide : one === 'mine' ? counts.data?.mine : 0
    const more = one === 'to_decide' && counts.data?.to_decide_is_lower_bound ? '+' : ''
    return count ? `${t(`approvals.view_${one}`)} (${count}${more})` : t(`approvals.view_${one}`)
  }
  const filtered = Boolean(state.state || state.capability)
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
      <Tabs label={t('approvals.views')} current={view} tabs={VIEWS.map((one) => ({ id: one, to: paths.approvals({ view: one }), text: label(one) }))} />
      <div className="card">
        <div className="filters" role="search">
          <Typed key={`c ${state.capability ?? ''}`} label={t('runs.capability')} value={state.capability} width={180} onChange={(capability) => change({ capability })} />
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
                {filtered && <Button onClick={() => change({ state: null, capability: null })}>{t('common.clear_filters')}</Button>}
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
    { id: 'state', title: t('runs.state'), kind: 'fit', cell: (row) => <ApprovalTag state={row.state} /> },
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
    { id: 'capability', title: t('runs.capability'), cell: (row) => <Link href={paths.capability(row.capability)}>{row.capability}</Link> },
    { id: 'version', title: t('runs.version'), kind: 'fit', cell: (row) => <span className="num">{row.version}</span> },
    { id: 'risk', title: t('plan.risk'), kind: 'fit', cell: (row) => <RiskTag risk={row.risk} /> },
    { id: 'requester', title: t('runs.requester'), cell: (row) => <ActorName actor={row.requester} /> },
    { id: 'consents', title: t('approvals.consents'), kind: 'fit', cell: (row) => <span className="num">{`${row.consents} / ${row.approvers}`}</span> },
    { id: 'created', title: t('runs.created'), kind: 'fit', cell: (row) => <Time at={row.created_at} /> },
    { id: 'expires', title: t('approvals.expires'), kind: 'fit', cell: (row) => (row.state === 'open' ? <Time at={row.expires_at} /> : '–') },
  ]
}
