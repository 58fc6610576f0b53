// How the log is kept: verified, witnessed elsewhere, kept for how long, sent on where.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { auditKeeping } from '@/api/audit-keeping'
import type { AuditStatus } from '@/api/types'
import { WitnessAdd } from '@/forms/witness-add'
import { formatCount, formatDuration } from '@/format'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { saveText } from '@/ui/download'
import { Empty } from '@/ui/empty'
import { Facts } from '@/ui/facts'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

export default function Keeping() {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['audit-status'], queryFn: auditKeeping.status, refetchInterval: 30_000 })
  return (
    <Page
      title={t('audit.keeping')}
      crumbs={[{ to: paths.audit(), text: t('nav.audit') }]}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/keep-the-audit-log" />
        </>
      }
    >
      <AreaTabs area="audit" current="keeping" />
      <Loaded query={query}>
        {(status) => (
          <div className="stack wide">
            <Standing status={status} />
            <Witnesses checkpoint={status.checkpoint} />
            <Forwarding status={status} />
            <Retention status={status} />
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function Standing({ status }: { status: AuditStatus }) {
  const { t } = useTranslation()
  const verified = status.last_verified
  return (
    <Card title={t('audit.keeping')}>
      <div className="stack">
        {verified && !verified.ok && (
          <Notice tone="bad" title={t('audit.status_bad')}>
            <span lang="en">{verified.problem}</span>
          </Notice>
        )}
        <Facts
          items={[
            [t('audit.entries'), <span key="e" className="num">{formatCount(status.entries)}</span>],
            [t('audit.last_verified'), verified ? <span key="v"><Time at={verified.at} /> <ActorName actor={verified.by} /></span> : t('audit.status_never')],
            [t('audit.last_witnessed'), status.last_witnessed ? <span key="w"><Time at={status.last_witnessed.at} /> {status.last_witnessed.place}</span> : t('audit.witness_none')],
            [t('audit.unwitnessed'), <span key="u" className="num">{formatCount(status.unwitnessed)}</span>],
            [t('audit.key'), <code key="k" className="break">{status.key}</code>],
          ]}
        />
      </div>
    </Card>
  )
}

function Witnesses({ checkpoint }: { checkpoint: string }) {
  const { t } = useTranslation()
  const me = useMe()
  const query = useQuery({ queryKey: ['audit-witnesses'], queryFn: auditKeeping.witnesses })
  const [adding, setAdding] = useState(false)
  const can = may(me, 'witness.add')
  return (
    <Card
      title={t('audit.witnesses')}
      flush
      extra={
        <span className="row tight">
          <Button size="small" onClick={() => saveText('execgov-checkpoint.txt', checkpoint, 'text/plain')}>
            {t('audit.save_checkpoint')}
          </Button>
          <Button size="small" type="primary" disabled={!can} title={can ? undefined : t('users.may_not')} onClick={() => setAdding(true)}>
            {t('audit.witness_add')}
          </Button>
        </span>
      }
    >
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty why={t('audit.witness_none')} what={t('audit.witness_what')} />
          ) : (
            <DataTable
              label={t('audit.witnesses')}
              rows={items}
              rowKey={(row) => `${row.at} ${row.root_hash}`}
              columns={[
                { id: 'at', title: t('audit.at'), kind: 'fit', cell: (row) => <Time at={row.at} /> },
                { id: 'by', title: t('audit.by'), kind: 'fit', cell: (row) => <ActorName actor={row.by} /> },
                { id: 'place', title: t('audit.witness_place'), wrap: true, cell: (row) => row.place },
                { id: 'entries', title: t('audit.entries'), kind: 'right', cell: (row) => <span className="num">{formatCount(row.entries)}</span> },
                { id: 'root', title: t('audit.root'), cell: (row) => <code className="break">{row.root_hash}</code> },
              ]}
            />
          )
        }
      </Loaded>
      {adding && <WitnessAdd onClose={() => setAdding(false)} />}
    </Card>
  )
}

const FORWARD: Record<string, string> = { waiting: 'ok', sending: 'busy', failing: 'bad' }

function Forwarding({ status }: { status: AuditStatus }) {
  const { t } = useTranslation()
  return (
    <Card title={t('audit.forward')} flush>
      {status.forward.length === 0 ? (
        <Empty why={t('audit.forward_none')} />
      ) : (
        <DataTable
          label={t('audit.forward')}
          rows={status.forward}
          rowKey={(row) => `${row.target} ${row.to}`}
          columns={[
            { id: 'target', title: t('audit.forward_target'), kind: 'fit', cell: (row) => row.target },
            { id: 'to', title: t('audit.forward_to'), cell: (row) => <code className="break">{row.to}</code> },
            { id: 'state', title: t('runs.state'), kind: 'fit', cell: (row) => <span className={`tag ${FORWARD[row.state] ?? ''}`}>{t(`audit.forward_${row.state}`, { defaultValue: row.state })}</span> },
            { id: 'delivered', title: t('audit.delivered'), kind: 'right', cell: (row) => <span className="num">{formatCount(row.delivered)}</span> },
            { id: 'lag', title: t('audit.lag'), kind: 'right', cell: (row) => <span className="num" title={row.lag > 0 ? t('audit.lag_age', { time: formatDuration(row.lag_s * 1000) }) : undefined}>{formatCount(row.lag)}</span> },
            { id: 'last', title: t('audit.at'), kind: 'fit', cell: (row) => <Time at={row.last_delivered_at} /> },
            { id: 'problem', title: t('common.details'), wrap: true, cell: (row) => (row.problem ? <span lang="en">{row.problem}</span> : <span className="muted">–</span>) },
          ]}
        />
      )}
    </Card>
  )
}

function Retention({ status }: { status: AuditStatus }) {
  const { t } = useTranslation()
  const me = useMe()
  const { ask, notice } = useAct(['audit-status'])
  const can = may(me, 'retention.apply') && status.retention_days > 0
  const apply = () => ask({ title: t('audit.retention_title'), what: t('audit.retention_what'), ok: t('audit.retention_apply'), done: t('audit.retention_done') }, auditKeeping.applyRetention)
  return (
    <Card
      title={t('audit.retention')}
      extra={
        <Button size="small" danger disabled={!can} title={can ? undefined : status.retention_days === 0 ? t('audit.retention_forever') : t('users.may_not')} onClick={apply}>
          {t('audit.retention_apply')}
        </Button>
      }
    >
      <div className="stack">
        {notice}
        <p>
          {status.retention_days === 0 ? t('audit.retention_forever') : t('audit.retention_days', { count: status.retention_days })} <span className="muted">{t('audit.retention_config')}</span>
        </p>
        {status.removed ? (
          <p>
            {t('audit.retention_removed', { last: formatCount(status.removed.entries - 1) })} · <Time at={status.removed.at} /> · <Link href={paths.auditEntry(status.removed.tombstone)}>{t('audit.tombstone')}</Link>
          </p>
        ) : (
          <p className="muted">{t('audit.retention_none')}</p>
        )}
      </div>
    </Card>
  )
}
