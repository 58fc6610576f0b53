// Service accounts: for programs, used through tokens only.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { identity } from '@/api/identity'
import { ServiceAdd } from '@/forms/service-add'
import { ServiceToken } from '@/forms/service-token'
import { may, useMe } from '@/hooks/me'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { UserState } from '@/parts/user-state'
import { paths } from '@/paths'
import { CopyButton } from '@/ui/copy'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

export default function Services() {
  const { t } = useTranslation()
  const me = useMe()
  const query = useQuery({ queryKey: ['users', 'services'], queryFn: () => identity.users({ limit: 200 }) })
  const [adding, setAdding] = useState(false)
  const [account, setAccount] = useState<string>()
  const [secret, setSecret] = useState<string>()
  const canMake = may(me, 'user.create')
  const canToken = may(me, 'token.create_for')
  return (
    <Page
      title={t('nav.services')}
      meta={<HelpLink page="how-to/give-access" />}
      actions={
        <Button type="primary" disabled={!canMake} title={canMake ? undefined : t('users.may_not')} onClick={() => setAdding(true)}>
          {t('service.add')}
        </Button>
      }
    >
      <AreaTabs area="access" current="services" />
      <div className="stack wide">
        {secret && (
          <Notice tone="ok" title={t('account.token_once')} live actions={<CopyButton text={secret} label={t('common.copy')} />}>
            <code className="break" data-secret>
              {secret}
            </code>
          </Notice>
        )}
        <div className="card">
          <Loaded query={query}>
            {({ items }) => {
              const rows = items.filter((user) => user.service_of)
              const ownerOf = (id: string) => items.find((user) => user.id === id)?.name ?? id
              return rows.length === 0 ? (
                <Empty why={t('service.none')} what={t('service.none_what')} />
              ) : (
                <DataTable
                  label={t('nav.services')}
                  rows={rows}
                  rowKey={(row) => row.id}
                  columns={[
                    { id: 'name', title: t('service.name'), cell: (row) => <Link href={paths.user(row.id)}>{row.name}</Link> },
                    { id: 'state', title: t('capabilities.state'), kind: 'fit', cell: (row) => (row.rests ? <span className="tag bad">{t('service.rests')}</span> : <UserState user={row} />) },
                    { id: 'owner', title: t('service.owner'), cell: (row) => (row.service_of ? <Link href={paths.user(row.service_of)}>{ownerOf(row.service_of)}</Link> : '–') },
                    { id: 'roles', title: t('users.roles'), cell: (row) => row.roles.map((role) => t(`role.${role}`)).join(', ') || <span className="muted">–</span> },
                    {
                      id: 'actions',
                      title: t('common.actions'),
                      kind: 'fit',
                      cell: (row) => (
                        <Button size="small" disabled={!canToken} title={canToken ? undefined : t('users.may_not')} aria-label={t('service.token_for', { name: row.name })} onClick={() => setAccount(row.name)}>
                          {t('account.create_token')}
                        </Button>
                      ),
                    },
                  ]}
                />
              )
            }}
          </Loaded>
        </div>
      </div>
      {adding && <ServiceAdd onClose={() => setAdding(false)} />}
      {account && <ServiceToken account={account} onClose={() => setAccount(undefined)} onDone={setSecret} />}
    </Page>
  )
}
