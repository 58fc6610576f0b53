// One resource: what it is for, how one signs in, what may be written, whether it works, who may use it and who does. Never a credential.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation, useParams } from 'wouter'
import { resources } from '@/api/resources'
import type { ResourceView } from '@/api/types'
import { ResourceGrant } from '@/forms/resource-grant'
import { short } from '@/format'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { ResourceSettings, secretOf } from '@/parts/resource-settings'
import { AuthWord, ResourceTag, WriteBoundary } from '@/parts/resource-tags'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Facts } from '@/ui/facts'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

export default function Resource() {
  const name = decodeURIComponent(useParams<{ name: string }>().name)
  const query = useQuery({ queryKey: ['resources', 'one', name], queryFn: () => resources.show(name) })
  return (
    <Loaded query={query} page>
      {(resource) => <ResourcePage resource={resource} />}
    </Loaded>
  )
}

function ResourcePage({ resource }: { resource: ResourceView }) {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const { act, ask, busy, notice } = useAct(['resources'])
  const can = (action: string) => resource.actions.includes(action)
  const why = (action: string) => (can(action) ? undefined : t('resource.platform_manages'))
  const isSource = resource.kind === 'secret_source'
  const inUse = resource.used_by.some((one) => one.current) ? 'resource.in_use' : resource.secrets?.length ? 'resource.in_use_secrets' : undefined
  const secret = secretOf(resource.settings?.auth)
  const remove = () =>
    ask({ title: t('resource.remove_title', { name: resource.name }), what: t(isSource ? 'resource.remove_what_source' : 'resource.remove_what'), ok: t('resource.remove'), done: t('resource.removed', { name: resource.name }) }, async () => {
      await resources.remove(resource.name)
      navigate(paths.resources())
    })
  return (
    <Page
      title={resource.name}
      crumbs={[{ to: paths.resources(), text: t('nav.resources') }]}
      meta={
        <>
          <ResourceTag status={resource.status} />
          <span>{t(`kind.${resource.kind}`)}</span>
          <ZoneNote />
          <HelpLink page={isSource ? 'how-to/read-secrets-from-another-vault' : 'how-to/call-an-http-service'} />
        </>
      }
      actions={
        <>
          {can('resource.manage') && (
            <>
              <Button danger disabled={Boolean(inUse)} title={inUse && t(inUse)} onClick={remove}>
                {t('resource.remove')}
              </Button>
              <Button onClick={() => navigate(paths.resourceEdit(resource.name))}>{t('resource.edit')}</Button>
            </>
          )}
          {!isSource && may(me, 'capability.register') && <Button onClick={() => navigate(paths.registerRequest({ resource: resource.name }))}>{t('resource.make_capability')}</Button>}
          <Button type="primary" loading={busy} disabled={!can('resource.test')} title={why('resource.test')} onClick={() => void act(() => resources.test(resource.name), t('resource.tested', { name: resource.name }))}>
            {t('resource.test')}
          </Button>
        </>
      }
    >
      <div className="stack wide">
        {notice}
        {resource.test && resource.status === 'failing' && (
          <Notice tone="bad" title={t('resource.status_failing')}>
            <span lang="en" className="break">
              {resource.test.detail}
            </span>
          </Notice>
        )}
        {secret && (
          <Notice>
            {t('resource.credential_where')} <Link href={paths.secret(secret, 'platform')} className="underlined">{secret}</Link>
          </Notice>
        )}
        <div className="two-columns">
          <div className="stack wide">
            <Grants resource={resource} />
            {isSource ? <Read resource={resource} /> : <Uses resource={resource} />}
          </div>
          <div className="stack wide">
            <Card title={t('common.details')}>
              <Facts
                items={[
                  [t('resource.purpose'), resource.purpose],
                  [t('capabilities.owner'), resource.owner],
                  [t('resource.hosts'), resource.hosts.map((host) => <div key={host}><code className="break">{host}</code></div>)],
                  [t('resource.auth'), <AuthWord key="a" auth={resource.auth} />],
                  [t('plan.writes'), <WriteBoundary key="w" resource={resource} />],
                  resource.source && [t('resource.mount'), <code key="m">{resource.source.mount}</code>],
                  resource.source && [t('resource.paths'), resource.source.paths.map((path) => <div key={path}><code className="break">{path}</code></div>)],
                  [t('resource.last_test'), resource.test ? <span key="t" className="row tight"><Time at={resource.test.at} /> <ActorName actor={resource.test.by} /></span> : t('resource.never_tested')],
                  resource.test && [t('resource.test_said'), <span key="s" lang="en">{resource.test.detail}</span>],
                  [t('resource.digest'), <code key="d" title={resource.digest}>{short(resource.digest)}</code>],
                  [t('resource.id'), <code key="i" className="break">{resource.id}</code>],
                  [t('capability.created'), <Time key="c" at={resource.created_at} />],
                  [t('capability.updated'), <Time key="u" at={resource.updated_at} />],
                ]}
              />
            </Card>
            {resource.settings && (
              <Card title={t('resource.settings')}>
                <ResourceSettings settings={resource.settings} />
              </Card>
            )}
          </div>
        </div>
      </div>
    </Page>
  )
}

function Grants({ resource }: { resource: ResourceView }) {
  const { t } = useTranslation()
  const { ask, notice } = useAct(['resources'])
  const [adding, setAdding] = useState(false)
  const isSource = resource.kind === 'secret_source'
  const can = resource.actions.includes('resource.manage')
  const why = can ? undefined : t('resource.platform_manages')
  const revoke = (tenant: string) =>
    ask({ title: t('resource.revoke_title', { tenant }), what: t(isSource ? 'resource.revoke_what_source' : 'resource.revoke_what'), ok: t('resource.revoke'), done: t('resource.revoked', { name: resource.name, tenant }) }, () => resources.revoke(resource.name, tenant))
  return (
    <Card
      title={t('resource.grants')}
      flush
      extra={
        <Button size="small" disabled={!can} title={why} onClick={() => setAdding(true)}>
          {t('resource.grant')}
        </Button>
      }
    >
      {notice}
      {resource.grants.length === 0 ? (
        <Empty why={t('resource.grants_none')} what={t(isSource ? 'resource.grants_none_what_source' : 'resource.grants_none_what')} />
      ) : (
        <DataTable
          label={t('resource.grants')}
          rows={resource.grants}
          rowKey={(row) => row.tenant}
          columns={[
            { id: 'tenant', title: t('audit.tenant'), kind: 'fit', cell: (row) => row.tenant },
            { id: 'spaces', title: t('resource.spaces'), cell: (row) => row.spaces?.join(', ') || t('template.any_space') },
            {
              id: 'act',
              title: <span className="visually-hidden">{t('common.actions')}</span>,
              kind: 'fit',
              cell: (row) => (
                <Button size="small" danger disabled={!can} title={why} aria-label={t('resource.revoke_from', { tenant: row.tenant })} onClick={() => revoke(row.tenant)}>
                  {t('resource.revoke')}
                </Button>
              ),
            },
          ]}
        />
      )}
      {adding && <ResourceGrant name={resource.name} onClose={() => setAdding(false)} />}
    </Card>
  )
}

function Uses({ resource }: { resource: ResourceView }) {
  const { t } = useTranslation()
  return (
    <Card title={t('resource.used_by')} flush>
      {resource.used_by.length === 0 ? (
        <Empty why={t('resource.used_none')} />
      ) : (
        <DataTable
          label={t('resource.used_by')}
          rows={resource.used_by}
          rowKey={(row) => `${row.tenant} ${row.capability}`}
          columns={[
            { id: 'capability', title: t('runs.capability'), cell: (row) => <Link href={paths.capability(row.capability)}>{row.capability}</Link> },
            { id: 'tenant', title: t('audit.tenant'), kind: 'fit', cell: (row) => row.tenant },
            { id: 'versions', title: t('capability.tab_versions'), kind: 'fit', cell: (row) => <span className="num">{row.versions.join(', ')}</span> },
            { id: 'current', title: t('resource.current'), kind: 'fit', cell: (row) => t(row.current ? 'common.yes' : 'common.no') },
          ]}
        />
      )}
    </Card>
  )
}

function Read({ resource }: { resource: ResourceView }) {
  const { t } = useTranslation()
  const me = useMe()
  const rows = resource.secrets ?? []
  const to = (tenant: string, secret: string) => (tenant === me?.tenant ? paths.secret(secret, 'tenant') : tenant === 'public' ? paths.secret(secret, 'platform') : undefined)
  return (
    <Card title={t('resource.read_secrets')} flush>
      {rows.length === 0 ? (
        <Empty why={t('resource.read_secrets_none')} what={t('resource.read_secrets_none_what')} />
      ) : (
        <DataTable
          label={t('resource.read_secrets')}
          rows={rows}
          rowKey={(row) => `${row.tenant} ${row.secret}`}
          columns={[
            {
              id: 'secret',
              title: t('subject.secret'),
              cell: (row) => {
                const target = to(row.tenant, row.secret)
                return target ? <Link href={target}>{row.secret}</Link> : row.secret
              },
            },
            { id: 'tenant', title: t('audit.tenant'), kind: 'fit', cell: (row) => row.tenant },
          ]}
        />
      )}
    </Card>
  )
}
