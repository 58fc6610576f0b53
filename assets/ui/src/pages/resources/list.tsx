// What capabilities may reach outside: purpose, hosts, write boundary, status. Who configures it also adds; all others read.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { resources } from '@/api/resources'
import { may, useMe } from '@/hooks/me'
import { useUrlState } from '@/hooks/url-state'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { AuthWord, ResourceTag, WriteBoundary } from '@/parts/resource-tags'
import { ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Resources() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const [state, change] = useUrlState()
  const [text, setText] = useState(state.q ?? '')
  const query = useQuery({ queryKey: ['resources'], queryFn: resources.list })
  const canAdd = may(me, 'resource.manage')
  const words = (state.q ?? '').toLowerCase()
  return (
    <Page
      title={t('nav.resources')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/call-an-http-service" />
        </>
      }
      actions={
        <Button type="primary" icon={<PlusOutlined aria-hidden />} disabled={!canAdd} title={canAdd ? undefined : t('resource.platform_adds')} onClick={() => navigate(paths.resourceAdd())}>
          {t('resource.add')}
        </Button>
      }
    >
      <div className="card">
        <div className="filters" role="search">
          <Input
            className="search"
            type="search"
            allowClear
            aria-label={t('resource.search')}
            placeholder={t('resource.search')}
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              change({ q: event.target.value.trim() }, 'replace')
            }}
          />
        </div>
        <Loaded query={query} rows={6}>
          {({ items }) => {
            const shown = items.filter((one) => [one.name, one.purpose, ...one.hosts].some((part) => part.toLowerCase().includes(words)))
            if (items.length === 0)
              return (
                <Empty why={t('resource.none')} what={t(canAdd ? 'resource.none_what_admin' : 'resource.none_what')}>
                  <Link href={paths.help('how-to/call-an-http-service')}>{t('resource.learn')}</Link>
                </Empty>
              )
            if (shown.length === 0)
              return (
                <Empty why={t('resource.none_match')}>
                  <Button
                    onClick={() => {
                      setText('')
                      change({ q: null })
                    }}
                  >
                    {t('common.clear_filters')}
                  </Button>
                </Empty>
              )
            return (
              <DataTable
                label={t('nav.resources')}
                rows={shown}
                rowKey={(row) => row.id}
                onOpen={(row) => navigate(paths.resource(row.name))}
                columns={[
                  {
                    id: 'name',
                    title: t('resource.name'),
                    wrap: true,
                    cell: (row) => (
                      <div>
                        <Link href={paths.resource(row.name)}>
                          <strong>{row.name}</strong>
                        </Link>
                        <div className="muted">{row.purpose}</div>
                      </div>
                    ),
                  },
                  { id: 'status', title: t('capabilities.state'), kind: 'fit', cell: (row) => <ResourceTag status={row.status} /> },
                  { id: 'kind', title: t('capabilities.kind'), kind: 'fit', cell: (row) => t(`kind.${row.kind}`) },
                  { id: 'hosts', title: t('resource.hosts'), wrap: true, cell: (row) => row.hosts.map((host) => <div key={host}><code className="break">{host}</code></div>) },
                  { id: 'auth', title: t('resource.auth'), wrap: true, cell: (row) => <AuthWord auth={row.auth} /> },
                  { id: 'writes', title: t('plan.writes'), wrap: true, cell: (row) => <WriteBoundary resource={row} /> },
                  { id: 'used', title: t('resource.used_by'), kind: 'right', cell: (row) => <span className="num">{row.used_by.length + (row.secrets?.length ?? 0)}</span> },
                  { id: 'owner', title: t('capabilities.owner'), cell: (row) => row.owner ?? <span className="muted">–</span> },
                ]}
              />
            )
          }}
        </Loaded>
      </div>
    </Page>
  )
}
