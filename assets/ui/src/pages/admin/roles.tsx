// What each role carries, and why somebody may or may not do something.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import type { RoleList } from '@/api/types'
import { AccessExplain } from '@/forms/access-explain'
import { Loaded } from '@/parts/loaded'
import { Card } from '@/ui/card'
import { Page } from '@/ui/page'

export default function Roles() {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['roles'], queryFn: identity.roles, staleTime: 300_000 })
  return (
    <Page title={t('nav.roles')}>
      <Loaded query={query}>
        {(list) => (
          <div className="stack wide">
            <Card title={t('roles.tester')}>
              <AccessExplain actions={list.actions} />
            </Card>
            <Card title={t('roles.matrix')} flush>
              <Matrix list={list} />
            </Card>
          </div>
        )}
      </Loaded>
    </Page>
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
