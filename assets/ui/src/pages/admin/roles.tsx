// What each role carries, the tenant's own roles, who may do what, and why somebody may or may not do something.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { access } from '@/api/access'
import { identity } from '@/api/identity'
import type { CustomRoleView, RoleList } from '@/api/types'
import { AccessExplain } from '@/forms/access-explain'
import { RoleEdit } from '@/forms/role-edit'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { AccessMatrix } from '@/parts/access-matrix'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Roles() {
  const { t } = useTranslation()
  const me = useMe()
  const query = useQuery({ queryKey: ['roles'], queryFn: identity.roles, staleTime: 300_000 })
  return (
    <Page title={t('nav.roles')} meta={<HelpLink page="how-to/give-access" />}>
      <AreaTabs area="access" current="roles" />
      <Loaded query={query}>
        {(list) => (
          <div className="stack wide">
            <Card title={t('roles.tester')}>
              <AccessExplain actions={list.actions} />
            </Card>
            {may(me, 'grant.view') && (
              <Card title={t('roles.who_may')}>
                <AccessMatrix actions={list.actions} />
              </Card>
            )}
            <OwnRoles list={list} />
            <Card title={t('roles.matrix')} flush>
              <Matrix list={list} />
            </Card>
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function OwnRoles({ list }: { list: RoleList }) {
  const { t } = useTranslation()
  const me = useMe()
  const { ask, notice } = useAct(['roles'])
  const [editing, setEditing] = useState<{ role?: CustomRoleView }>()
  const canChange = may(me, 'role.update')
  const why = canChange ? undefined : t('users.may_not')
  const custom = list.custom ?? []
  return (
    <Card
      title={t('roles.own_roles')}
      flush
      extra={
        <Button size="small" disabled={!canChange} title={why} onClick={() => setEditing({})}>
          {t('roles.add_own')}
        </Button>
      }
    >
      {notice}
      {custom.length === 0 ? (
        <Empty why={t('roles.no_own')} what={t('roles.no_own_what')} />
      ) : (
        <DataTable
          label={t('roles.own_roles')}
          rows={custom}
          rowKey={(row) => row.id}
          columns={[
            { id: 'name', title: t('roles.own_name'), cell: (row) => row.name },
            { id: 'description', title: t('group.description'), cell: (row) => row.description ?? <span className="muted">–</span> },
            { id: 'actions', title: t('roles.actions'), cell: (row) => row.actions.map((action) => <code key={action}>{action} </code>) },
            { id: 'grants', title: t('roles.given'), kind: 'right', cell: (row) => <span className="num">{row.grants}</span> },
            {
              id: 'acts',
              title: t('common.actions'),
              kind: 'fit',
              cell: (row) => (
                <span className="row">
                  <Button size="small" disabled={!canChange} title={why} aria-label={t('roles.change_one', { name: row.name })} onClick={() => setEditing({ role: row })}>
                    {t('roles.change')}
                  </Button>
                  <Button
                    size="small"
                    danger
                    disabled={!canChange || row.grants > 0}
                    title={row.grants > 0 ? t('roles.in_use') : why}
                    aria-label={t('roles.remove_one', { name: row.name })}
                    onClick={() => ask({ title: t('roles.remove_title', { name: row.name }), ok: t('roles.remove'), done: t('roles.removed', { name: row.name }) }, () => access.removeRole(row.name))}
                  >
                    {t('roles.remove')}
                  </Button>
                </span>
              ),
            },
          ]}
        />
      )}
      {editing && <RoleEdit role={editing.role} grantable={list.grantable ?? []} onClose={() => setEditing(undefined)} />}
    </Card>
  )
}

function Matrix({ list }: { list: RoleList }) {
  const { t } = useTranslation()
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('roles.matrix')}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('audit.action')}</th>
            {list.items.map((role) => (
              <th key={role.name} scope="col" title={t(`role_what.${role.name}`)}>
                {t(`role.${role.name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.actions.map((action) => (
            <tr key={action}>
              <th scope="row" style={{ position: 'static' }}>
                <code>{action}</code>
              </th>
              {list.items.map((role) => (
                <td key={role.name}>
                  {role.actions.includes(action) ? t('roles.all') : role.own_only.includes(action) ? <span className="muted">{t('roles.own')}</span> : <span className="muted" aria-label={t('common.no')}>–</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
