// People with an account.
import { PlusOutlined, SearchOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { identity } from '@/api/identity'
import { UserCreate } from '@/forms/user-create'
import { may, useMe } from '@/hooks/me'
import { useUrlState } from '@/hooks/url-state'
import { AreaTabs } from '@/parts/area-tabs'
import { Loaded } from '@/parts/loaded'
import { Pager } from '@/parts/pager'
import { TenantPicker, useTenants } from '@/parts/tenant-picker'
import { Time, ZoneNote } from '@/parts/time'
import { UserState } from '@/parts/user-state'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Users() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const [state, change] = useUrlState()
  const [text, setText] = useState(state.q ?? '')
  const [creating, setCreating] = useState(false)
  const several = useTenants().length > 1
  const tenant = state.tenant || me?.tenant || ''
  const query = useQuery({ queryKey: ['users', state.q, state.tenant, state.state, state.cursor], queryFn: () => identity.users({ q: state.q, tenant: state.tenant, state: state.state, cursor: state.cursor, limit: 50 }), placeholderData: keepPreviousData })
  return (
    <Page
      title={t('nav.users')}
      meta={<ZoneNote />}
      actions={
        <Button type="primary" icon={<PlusOutlined aria-hidden />} disabled={!may(me, 'user.create')} title={may(me, 'user.create') ? undefined : t('users.may_not_create')} onClick={() => setCreating(true)}>
          {t('users.create')}
        </Button>
      }
    >
      <AreaTabs area="people" current="users" />
      <div className="card">
        <div className="filters" role="search">
          <Input
            className="search"
            type="search"
            allowClear
            prefix={<SearchOutlined aria-hidden />}
            aria-label={t('users.search')}
            placeholder={t('users.search')}
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              change({ q: event.target.value.trim() }, 'replace')
            }}
          />
          {several && <TenantPicker value={tenant} onChange={(key) => change({ tenant: key === me?.tenant ? undefined : key })} />}
          <Checkbox checked={state.state === 'deleted'} onChange={(event) => change({ state: event.target.checked ? 'deleted' : undefined })}>
            {t('users.only_deleted')}
          </Checkbox>
        </div>
        <Loaded query={query} rows={8}>
          {(page) =>
            page.items.length === 0 ? (
              <Empty why={t('users.none')} />
            ) : (
              <>
                <DataTable
                  label={t('nav.users')}
                  rows={page.items}
                  rowKey={(user) => user.id}
                  onOpen={(user) => navigate(paths.user(user.id))}
                  columns={[
                    { id: 'name', title: t('signin.name'), cell: (user) => <Link href={paths.user(user.id)}>{user.name}</Link> },
                    { id: 'display', title: t('users.display_name'), cell: (user) => user.display_name || <span className="muted">–</span> },
                    { id: 'roles', title: t('users.roles'), wrap: true, cell: (user) => user.roles.map((role) => t(`role.${role}`)).join(', ') || <span className="muted">{t('common.none')}</span> },
                    { id: 'state', title: t('capabilities.state'), kind: 'fit', cell: (user) => <UserState user={user} /> },
                    { id: 'created', title: t('users.created'), kind: 'fit', cell: (user) => <Time at={user.created_at} /> },
                  ]}
                />
                <Pager next={page.next} shown={page.items.length} />
              </>
            )
          }
        </Loaded>
      </div>
      {creating && <UserCreate tenant={several ? tenant : undefined} onClose={() => setCreating(false)} />}
    </Page>
  )
}
