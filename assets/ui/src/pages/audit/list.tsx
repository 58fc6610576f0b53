// The audit explorer: filters in the address, verification at hand.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Button, Dropdown, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { audit } from '@/api/audit'
import { auditKeeping } from '@/api/audit-keeping'
import type { AuditView } from '@/api/types'
import { parseLocal } from '@/format'
import { may, useMe } from '@/hooks/me'
import { useTime } from '@/hooks/time'
import { useUrlState } from '@/hooks/url-state'
import { AreaTabs } from '@/parts/area-tabs'
import { AuditStatusLine } from '@/parts/audit-status'
import { AuditTable } from '@/parts/audit-table'
import { AuditViews } from '@/parts/audit-views'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Pager } from '@/parts/pager'
import { Moment, Typed } from '@/parts/run-filters'
import { ZoneNote } from '@/parts/time'
import { VerifyPanel } from '@/parts/verify-panel'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

const KEYS = ['q', 'actor', 'action', 'kind', 'subject', 'outcome', 'run', 'approval', 'from', 'to'] as const
const KINDS = ['run', 'capability', 'approval', 'rule', 'freeze', 'group', 'announcement', 'template', 'user', 'token', 'session', 'role', 'access', 'file', 'tenant', 'appliance', 'audit']

export default function Audit() {
  const { t } = useTranslation()
  const me = useMe()
  const { zone, time } = useTime()
  const [state, change] = useUrlState()
  const params = { ...Object.fromEntries(KEYS.map((key) => [key, state[key]])), from: state.from && parseLocal(state.from, zone), to: state.to && parseLocal(state.to, zone) }
  const query = useQuery({
    queryKey: ['audit', params, state.cursor],
    queryFn: ({ signal }) => audit.list({ ...params, cursor: state.cursor, limit: 50 }, signal),
    placeholderData: keepPreviousData,
  })
  const filtered = KEYS.some((key) => state[key])
  const filter = Object.fromEntries(Object.entries(params).filter(([, value]) => value)) as AuditView['filter']
  return (
    <Page
      title={t('nav.audit')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/explore-the-audit-log" />
        </>
      }
      actions={
        <>
          <Dropdown
            trigger={['click']}
            menu={{
              items: (['jsonl', 'csv'] as const).map((format) => ({
                key: format,
                label: (
                  <a href={auditKeeping.fileUrl(format, params)} download>
                    {t(`audit.download_${format}`)}
                  </a>
                ),
              })),
            }}
          >
            <Button>{t('audit.download')}</Button>
          </Dropdown>
          {may(me, 'audit.export') && (
            <Button href={audit.exportUrl} download>
              {t('audit.export')}
            </Button>
          )}
        </>
      }
    >
      <AreaTabs area="audit" current="audit_log" />
      <div className="stack wide">
        {may(me, 'audit.verify') && <AuditStatusLine />}
        {may(me, 'audit.verify') && <VerifyPanel />}
        <div className="card">
          <div className="filters" role="search">
            <Typed key={`q ${state.q ?? ''}`} label={t('audit.words')} value={state.q} width={200} onChange={(q) => change({ q })} />
            <Typed key={`w ${state.actor ?? ''}`} label={t('audit.actor')} value={state.actor} width={130} onChange={(actor) => change({ actor })} />
            <Typed key={`a ${state.action ?? ''}`} label={t('audit.action')} value={state.action} width={130} onChange={(action) => change({ action })} />
            <Select aria-label={t('audit.kind')} value={state.kind ?? ''} onChange={(kind) => change({ kind })} style={{ minWidth: 120 }} options={[{ value: '', label: t('audit.any_kind') }, ...KINDS.map((value) => ({ value, label: t(`subject.${value}`) }))]} />
            <Typed key={`s ${state.subject ?? ''}`} label={t('audit.subject')} value={state.subject} width={150} onChange={(subject) => change({ subject })} />
            <Typed key={`r ${state.run ?? ''}`} label={t('audit.run')} value={state.run} width={140} onChange={(run) => change({ run })} />
            <Typed key={`p ${state.approval ?? ''}`} label={t('audit.approval')} value={state.approval} width={140} onChange={(approval) => change({ approval })} />
            <Select
              aria-label={t('audit.outcome')}
              value={state.outcome ?? ''}
              onChange={(outcome) => change({ outcome })}
              style={{ minWidth: 120 }}
              options={[{ value: '', label: t('audit.any_outcome') }, ...['done', 'refused', 'failed'].map((value) => ({ value, label: t(`outcome.${value}`) }))]}
            />
            <Moment key={`f ${state.from ?? ''}`} label={t('runs.from')} value={state.from} onChange={(from) => change({ from })} />
            <Moment key={`t ${state.to ?? ''}`} label={t('runs.to')} value={state.to} onChange={(to) => change({ to })} />
            <span className="grow" />
<AuditViews filter={filter} onUse={(kept) => change(Object.fromEntries(KEYS.map((key) => [key, key === 'from' || key === 'to' ? kept[key] && time(kept[key]).slice(0, 16) : kept[key]])))} />
          </div>
          <Loaded query={query} rows={12}>
            {(page) =>
              page.items.length === 0 ? (
                <Empty why={t(filtered ? 'audit.none_match' : 'audit.none')}>{filtered && <Button onClick={() => change(Object.fromEntries(KEYS.map((key) => [key, null])))}>{t('common.clear_filters')}</Button>}</Empty>
              ) : (
                <>
                  <AuditTable entries={page.items} />
                  <Pager next={page.next} shown={page.items.length} />
                </>
              )
            }
          </Loaded>
        </div>
      </div>
    </Page>
  )
}
