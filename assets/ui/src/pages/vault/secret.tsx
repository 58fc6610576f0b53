// One secret: everything but its value. Versions, who may use it, who did, and what can be done with it.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation, useParams } from 'wouter'
import { resources } from '@/api/resources'
import { secrets } from '@/api/secrets'
import type { SecretDetail, SecretDomain } from '@/api/types'
import { SecretDelete } from '@/forms/secret-delete'
import { SecretDescribe } from '@/forms/secret-describe'
import { SecretGrant } from '@/forms/secret-grant'
import { SecretSet } from '@/forms/secret-set'
import { shortId } from '@/format'
import { useAct } from '@/hooks/act'
import { useUrlState } from '@/hooks/url-state'
import { ActorName } from '@/parts/actor'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { SecretSource } from '@/parts/secret-source'
import { SecretTag } from '@/parts/secret-tag'
import { SecretUses } from '@/parts/secret-uses'
import { Time, ZoneNote } from '@/parts/time'
import { VaultReminder } from '@/parts/vault-state'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Facts } from '@/ui/facts'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

export default function Secret() {
  const name = decodeURIComponent(useParams<{ name: string }>().name)
  const [state] = useUrlState()
  const domain: SecretDomain = state.domain === 'platform' ? 'platform' : 'tenant'
  const query = useQuery({ queryKey: ['secrets', domain, 'one', name], queryFn: () => secrets.show(domain, name) })
  return (
    <Loaded query={query} page>
      {(secret) => <SecretPage secret={secret} domain={domain} />}
    </Loaded>
  )
}

function SecretPage({ secret, domain }: { secret: SecretDetail; domain: SecretDomain }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  const { ask, notice } = useAct(['secrets'])
  const [open, setOpen] = useState<'rotate' | 'describe' | 'grant' | 'delete'>()
  const { facts } = secret
  const can = (action: string) => secret.actions.includes(action)
  const why = (action: string) => (can(action) ? undefined : t('users.may_not'))
  const destroy = (number: number) =>
    ask({ title: t('secret.destroy_title', { n: number }), what: t('secret.destroy_what'), ok: t('secret.destroy'), done: t('secret.destroyed', { n: number }) }, () => secrets.destroyVersion(domain, secret.name, number))
  const update = { disabled: !can('secret.update'), title: why('secret.update') }
  return (
    <Page
      title={secret.name}
      crumbs={[{ to: paths.secrets({ domain: domain === 'platform' ? domain : undefined }), text: t('nav.secrets') }]}
      meta={
        <>
          <SecretTag state={facts.state} />
          <span>{t(`secret.of_${domain}`)}</span>
          <ZoneNote />
          <HelpLink page="how-to/keep-secrets" />
        </>
      }
      actions={
        <>
          <Button danger {...update} onClick={() => setOpen('delete')}>
            {t('secret.delete')}
          </Button>
          <Button {...update} onClick={() => setOpen('describe')}>
            {t('secret.describe')}
          </Button>
          <Button type="primary" {...update} onClick={() => setOpen('rotate')}>
            {t('secret.rotate')}
          </Button>
        </>
      }
    >
      <div className="stack wide">
        <VaultReminder />
        {notice}
        {facts.state === 'expired' && <Notice tone="bad" title={t('secret.is_expired')} />}
        {facts.unmaskable && <Notice tone="wait" title={t('secret.unmaskable')} />}
        <div className="two-columns">
          <div className="stack wide">
            <Grants secret={secret} domain={domain} onAdd={() => setOpen('grant')} />
            <SecretUses id={facts.id} />
            <Card title={t('secret.versions')} flush>
              <DataTable
                label={t('secret.versions')}
                rows={secret.versions}
                rowKey={(row) => String(row.number)}
                columns={[
                  { id: 'number', title: t('runs.version'), kind: 'fit', cell: (row) => <span className="num">{row.number}</span> },
                  {
                    id: 'state',
                    title: t('capabilities.state'),
                    kind: 'fit',
                    cell: (row) => <span className={`tag ${row.current ? 'ok' : ''}`}>{t(row.destroyed_at ? 'secret.version_destroyed' : row.current ? 'secret.version_current' : 'secret.version_kept')}</span>,
                  },
                  ...(secret.versions.some((one) => one.source) ? [{ id: 'source', title: t('secret.read_from'), wrap: true, cell: (row: SecretDetail['versions'][number]) => (row.source ? <SecretSource read={row.source} /> : <span className="muted">{t('secret.kept_here')}</span>) }] : []),
                  { id: 'set', title: t('secret.set_at'), kind: 'fit', cell: (row) => <Time at={row.created_at} /> },
                  { id: 'by', title: t('versions.by'), cell: (row) => <ActorName actor={row.created_by} /> },
                  { id: 'expires', title: t('secret.expires'), kind: 'fit', cell: (row) => (row.expires_at ? <Time at={row.expires_at} /> : <span className="muted">{t('secret.never')}</span>) },
                  {
                    id: 'act',
                    title: <span className="visually-hidden">{t('common.actions')}</span>,
                    kind: 'fit',
                    cell: (row) =>
                      !row.destroyed_at && (
                        <Button size="small" danger {...update} aria-label={t('secret.destroy_n', { n: row.number })} onClick={() => destroy(row.number)}>
                          {t('secret.destroy')}
                        </Button>
                      ),
                  },
                ]}
              />
            </Card>
          </div>
          <Card title={t('common.details')}>
            <Facts
              items={[
                facts.source ? [t('secret.read_from'), <SecretSource key="s" read={facts.source} />] : [t('secret.value'), <span key="v" className="muted">{t('secret.never_shown')}</span>],
                [t('secret.description'), facts.description],
                [t('capabilities.owner'), facts.owner],
                [t('runs.version'), facts.version],
                [t('secret.expires'), facts.expires_at ? <Time key="e" at={facts.expires_at} /> : t('secret.never')],
                [t('secret.last_used'), facts.last_used_at ? <span key="u" className="row tight"><Time at={facts.last_used_at} />{facts.last_used_by && <Link href={paths.run(facts.last_used_by)}>{shortId(facts.last_used_by)}</Link>}</span> : t('secret.not_used')],
                [t('capability.created'), <Time key="c" at={facts.created_at} />],
                [t('capability.updated'), <Time key="p" at={facts.updated_at} />],
                [t('secret.id'), <code key="i" className="break">{facts.id}</code>],
              ]}
            />
          </Card>
        </div>
      </div>
      {open === 'rotate' && <SecretSet domain={domain} was={secret} onClose={() => setOpen(undefined)} />}
      {open === 'describe' && <SecretDescribe domain={domain} secret={secret} onClose={() => setOpen(undefined)} />}
      {open === 'grant' && <SecretGrant domain={domain} secret={secret} onClose={() => setOpen(undefined)} />}
      {open === 'delete' && (
        <SecretDelete
          domain={domain}
          secret={secret}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            queries.removeQueries({ queryKey: ['secrets', domain, 'one', secret.name] })
            navigate(paths.secrets({ domain: domain === 'platform' ? domain : undefined }))
          }}
        />
      )}
    </Page>
  )
}

function Grants({ secret, domain, onAdd }: { secret: SecretDetail; domain: SecretDomain; onAdd: () => void }) {
  const { t } = useTranslation()
  const { ask, notice } = useAct(['secrets'])
  const known = useQuery({ queryKey: ['resources'], queryFn: resources.list, enabled: domain === 'platform', retry: false })
  const can = secret.actions.includes('secret.grant')
  const why = can ? undefined : t('users.may_not')
  /** A resource is granted by its id; people know its name. */
  const named = (grant: SecretDetail['grants'][number]) => (grant.kind === 'resource' ? known.data?.items.find((one) => one.id === grant.to)?.name : grant.to)
  const revoke = (grant: SecretDetail['grants'][number]) => {
    const to = named(grant) ?? grant.to
    return ask({ title: t('secret.revoke_title', { to }), what: t('secret.revoke_what'), ok: t('secret.revoke'), done: t('secret.revoked', { to }) }, () => secrets.revoke(domain, secret.name, grant.id))
  }
  return (
    <Card
      title={t('secret.granted_to')}
      flush
      extra={
        <Button size="small" disabled={!can} title={why} onClick={onAdd}>
          {t('secret.grant')}
        </Button>
      }
    >
      {notice}
      {secret.grants.length === 0 ? (
        <Empty why={t('secret.grants_none')} what={t('secret.grants_none_what')} />
      ) : (
        <DataTable
          label={t('secret.granted_to')}
          rows={secret.grants}
          rowKey={(row) => row.id}
          columns={[
            { id: 'kind', title: t('secret.grant_kind'), kind: 'fit', cell: (row) => t(`subject.${row.kind}`) },
            {
              id: 'to',
              title: t('secret.grant_to'),
              cell: (row) => {
                const name = named(row)
                if (!name) return <code className="break">{row.to}</code>
                return <Link href={row.kind === 'resource' ? paths.resource(name) : paths.capability(name)}>{name}</Link>
              },
            },
            { id: 'delivery', title: t('secret.delivery'), kind: 'fit', cell: (row) => (row.kind === 'resource' ? t('secret.to_resource') : t(`secret.as_${row.delivery}`)) },
            { id: 'at', title: t('secret.granted_at'), kind: 'fit', cell: (row) => <Time at={row.granted_at} /> },
            { id: 'by', title: t('versions.by'), cell: (row) => <ActorName actor={row.granted_by} /> },
            {
              id: 'act',
              title: <span className="visually-hidden">{t('common.actions')}</span>,
              kind: 'fit',
              cell: (row) => (
                <Button size="small" danger disabled={!can} title={why} aria-label={t('secret.revoke_from', { to: named(row) ?? row.to })} onClick={() => revoke(row)}>
                  {t('secret.revoke')}
                </Button>
              ),
            },
          ]}
        />
      )}
    </Card>
  )
}
