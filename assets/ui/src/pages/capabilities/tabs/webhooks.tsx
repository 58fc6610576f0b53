// At which addresses other systems start runs of this capability. A key is shown once, when it is made.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { audit } from '@/api/audit'
import { runs } from '@/api/runs'
import { webhooks } from '@/api/webhooks'
import type { CapabilityDetail, WebhookMade, WebhookView } from '@/api/types'
import { WebhookAdd } from '@/forms/webhook-add'
import { WebhookRotate } from '@/forms/webhook-rotate'
import { shortId } from '@/format'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { errorTitle } from '@/parts/problem'
import { PhaseTag } from '@/parts/tags'
import { Time } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Facts } from '@/ui/facts'
import { Notice } from '@/ui/notice'

export default function Webhooks({ unit }: { unit: CapabilityDetail }) {
  const { t } = useTranslation()
  const me = useMe()
  const query = useQuery({ queryKey: ['webhooks'], queryFn: webhooks.list })
  const [adding, setAdding] = useState(false)
  const [made, setMade] = useState<WebhookMade>()
  const can = may(me, 'webhook.update')
  const why = can ? undefined : t('users.may_not')
  return (
    <div className="stack wide">
      {made && <Once made={made} />}
      <div className="row">
        <HelpLink page="how-to/start-runs-by-webhook" />
        <span className="grow" />
        <Button type="primary" icon={<PlusOutlined aria-hidden />} disabled={!can} title={why} onClick={() => setAdding(true)}>
          {t('webhook.add')}
        </Button>
      </div>
      <Loaded query={query} rows={3}>
        {({ items }) => {
          const mine = items.filter((one) => one.capability === unit.name)
          if (mine.length === 0)
            return (
              <div className="card">
                <Empty why={t('webhook.none')} what={t('webhook.none_what')} />
              </div>
            )
          return mine.map((webhook) => <One key={webhook.id} webhook={webhook} can={can} onMade={setMade} />)
        }}
      </Loaded>
      {adding && <WebhookAdd capability={unit.name} onClose={() => setAdding(false)} onMade={setMade} />}
    </div>
  )
}

function Once({ made }: { made: WebhookMade }) {
  const { t } = useTranslation()
  const address = `${window.location.origin}${made.webhook.path}`
  return (
    <Notice tone="ok" live title={t('webhook.once', { name: made.webhook.name })}>
      <Facts
        items={[
          [t('webhook.address'), <Copied key="a" text={address} label={t('webhook.copy_address')} />],
          [t('webhook.key'), <Copied key="k" text={made.key} label={t('webhook.copy_key')} secret />],
        ]}
      />
    </Notice>
  )
}

function Copied({ text, label, secret }: { text: string; label: string; secret?: boolean }) {
  return (
    <span className="row tight" style={{ flexWrap: 'nowrap' }}>
      <code className="break" data-secret={secret || undefined}>
        {text}
      </code>
      <CopyButton text={text} label={label} />
    </span>
  )
}

function One({ webhook, can, onMade }: { webhook: WebhookView; can: boolean; onMade: (made: WebhookMade) => void }) {
  const { t } = useTranslation()
  const { ask, notice } = useAct(['webhooks'])
  const [rotating, setRotating] = useState(false)
  const why = can ? undefined : t('users.may_not')
  const remove = () => ask({ title: t('webhook.remove_title', { name: webhook.name }), what: t('webhook.remove_what'), ok: t('webhook.remove'), done: t('webhook.removed', { name: webhook.name }) }, () => webhooks.remove(webhook.id))
  return (
    <Card
      title={webhook.name}
      extra={
        <span className="row tight">
          <Button size="small" disabled={!can} title={why} aria-label={t('webhook.rotate_title', { name: webhook.name })} onClick={() => setRotating(true)}>
            {t('webhook.rotate')}
          </Button>
          <Button size="small" danger disabled={!can} title={why} aria-label={t('webhook.remove_of', { name: webhook.name })} onClick={remove}>
            {t('webhook.remove')}
          </Button>
        </span>
      }
    >
      <div className="stack wide">
        {notice}
        <Facts
          items={[
            [t('webhook.address'), <Copied key="a" text={`${window.location.origin}${webhook.path}`} label={t('webhook.copy_address')} />],
            [t('webhook.key'), <span key="k" className="muted">{t('webhook.key_hidden', { n: webhook.generation })}</span>],
            webhook.grace_until && [t('webhook.old_key'), <Time key="g" at={webhook.grace_until} />],
            [t('webhook.sources'), webhook.sources.length > 0 ? webhook.sources.map((one) => <div key={one}><code>{one}</code></div>) : t('webhook.any_source')],
            [t('webhook.rate'), webhook.rate_per_minute],
            [t('webhook.inputs_at'), webhook.inputs_at ? <code key="i">{webhook.inputs_at}</code> : t('webhook.whole_body')],
            Object.keys(webhook.fixed).length > 0 && [t('webhook.fixed'), <code key="f" className="break">{JSON.stringify(webhook.fixed)}</code>],
            [t('rule.set_by'), <span key="b" className="row tight"><ActorName actor={webhook.created_by} /> <Time at={webhook.created_at} /></span>],
          ]}
        />
        <Deliveries webhook={webhook} />
      </div>
      {rotating && <WebhookRotate webhook={webhook} onClose={() => setRotating(false)} onMade={onMade} />}
    </Card>
  )
}

/** What was delivered last: runs it started, and what was turned away. */
function Deliveries({ webhook }: { webhook: WebhookView }) {
  const { t } = useTranslation()
  const me = useMe()
  const started = useQuery({ queryKey: ['runs', 'webhook', webhook.id], queryFn: ({ signal }) => runs.list({ label: `webhook=${webhook.id}`, limit: 5 }, signal), enabled: may(me, 'run.view') })
  const refused = useQuery({ queryKey: ['audit', 'webhook.deliver', webhook.id], queryFn: ({ signal }) => audit.list({ action: 'webhook.deliver', subject: webhook.id, outcome: 'refused', limit: 5 }, signal), enabled: may(me, 'audit.view') })
  return (
    <>
      <div className="stack">
        <h3>{t('webhook.started')}</h3>
        <Loaded query={started} rows={2}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="muted">{t('webhook.started_none')}</p>
            ) : (
              <DataTable
                label={t('webhook.started')}
                rows={items}
                rowKey={(row) => row.id}
                columns={[
                  { id: 'phase', title: t('runs.state'), kind: 'fit', cell: (row) => <PhaseTag phase={row.phase} /> },
                  { id: 'run', title: t('subject.run'), cell: (row) => <Link href={paths.run(row.id)}>{shortId(row.id)}</Link> },
                  { id: 'at', title: t('audit.at'), kind: 'fit', cell: (row) => <Time at={row.created_at} /> },
                ]}
              />
            )
          }
        </Loaded>
      </div>
      {may(me, 'audit.view') && (
        <div className="stack">
          <h3>{t('webhook.refused')}</h3>
          <Loaded query={refused} rows={2}>
            {({ items }) =>
              items.length === 0 ? (
                <p className="muted">{t('webhook.refused_none')}</p>
              ) : (
                <DataTable
                  label={t('webhook.refused')}
                  rows={items}
                  rowKey={(row) => String(row.index)}
                  columns={[
                    { id: 'at', title: t('audit.at'), kind: 'fit', cell: (row) => <Link href={paths.auditEntry(row.index)}><Time at={row.at} /></Link> },
                    { id: 'reason', title: t('common.reason'), cell: (row) => errorTitle(row.reason) ?? row.reason ?? '–' },
                    { id: 'source', title: t('audit.source'), kind: 'fit', cell: (row) => row.source ?? '–' },
                  ]}
                />
              )
            }
          </Loaded>
        </div>
      )}
    </>
  )
}
