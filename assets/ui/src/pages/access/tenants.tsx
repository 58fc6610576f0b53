// Tenants: organisations that share the appliance and see nothing of each other.
import { CheckCircleOutlined, StopOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { tenants } from '@/api/tenants'
import type { TenantView } from '@/api/types'
import { TenantEdit } from '@/forms/tenant-edit'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Page } from '@/ui/page'

function State({ state }: { state: TenantView['state'] }) {
  const { t } = useTranslation()
  const Icon = state === 'active' ? CheckCircleOutlined : StopOutlined
  return (
    <span className={`tag ${state === 'active' ? 'ok' : ''}`}>
      <Icon aria-hidden />
      {t(`tenant.states.${state}`)}
    </span>
  )
}

export default function Tenants() {
  const { t } = useTranslation()
  const me = useMe()
  const { act, ask, notice } = useAct(['tenants'])
  const query = useQuery({ queryKey: ['tenants'], queryFn: tenants.list })
  const [editing, setEditing] = useState<{ tenant?: TenantView }>()
  const can = may(me, 'tenant.update')
  const why = can ? undefined : t('users.may_not')
  const suspend = (tenant: TenantView) =>
    ask({ title: t('tenant.suspend_title', { name: tenant.title }), what: t('tenant.suspend_what'), ok: t('tenant.suspend'), done: t('tenant.suspended', { name: tenant.title }) }, () => tenants.change(tenant.key, { state: 'suspended' }))
  return (
    <Page
      title={t('nav.tenants')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/share-an-appliance" />
        </>
      }
      actions={
        <Button type="primary" disabled={!can} title={why} onClick={() => setEditing({})}>
          {t('tenant.add')}
        </Button>
      }
    >
      <AreaTabs area="people" current="tenants" />
      <div className="stack wide">
        {notice}
        <div className="card">
          <Loaded query={query}>
            {({ items }) => (
              <DataTable
                label={t('nav.tenants')}
                rows={items}
                rowKey={(tenant) => tenant.key}
                columns={[
                  { id: 'title', title: t('tenant.title'), cell: (tenant) => <Link href={paths.users({ tenant: tenant.key })}>{tenant.title}</Link> },
                  { id: 'key', title: t('tenant.key'), kind: 'fit', cell: (tenant) => <code>{tenant.key}</code> },
                  { id: 'state', title: t('capabilities.state'), kind: 'fit', cell: (tenant) => <State state={tenant.state} /> },
                  { id: 'created', title: t('users.created'), kind: 'fit', cell: (tenant) => (tenant.created_at ? <Time at={tenant.created_at} /> : <span className="muted">–</span>) },
                  {
                    id: 'actions',
                    title: t('common.actions'),
                    kind: 'fit',
                    cell: (tenant) => {
                      const first = tenant.key === 'default'
                      return (
                        <span className="row together">
                          <Button size="small" disabled={!can} title={why} aria-label={t('tenant.rename_one', { name: tenant.title })} onClick={() => setEditing({ tenant })}>
                            {t('tenant.rename')}
                          </Button>
                          {tenant.state === 'active' ? (
                            <Button size="small" danger disabled={!can || first} title={first ? t('tenant.first') : why} aria-label={t('tenant.suspend_one', { name: tenant.title })} onClick={() => suspend(tenant)}>
                              {t('tenant.suspend')}
                            </Button>
                          ) : (
                            <Button size="small" disabled={!can} title={why} aria-label={t('tenant.resume_one', { name: tenant.title })} onClick={() => void act(() => tenants.change(tenant.key, { state: 'active' }), t('tenant.resumed', { name: tenant.title }))}>
                              {t('tenant.resume')}
                            </Button>
                          )}
                        </span>
                      )
                    },
                  },
                ]}
              />
            )}
          </Loaded>
        </div>
      </div>
      {editing && <TenantEdit tenant={editing.tenant} onClose={() => setEditing(undefined)} />}
    </Page>
  )
}
