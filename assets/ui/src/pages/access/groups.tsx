// Groups of people.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { groups } from '@/api/access'
import { GroupAdd } from '@/forms/group-add'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Groups() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const query = useQuery({ queryKey: ['groups'], queryFn: groups.list })
  const [adding, setAdding] = useState(false)
  const canChange = may(me, 'group.update')
  return (
    <Page
      title={t('nav.groups')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/manage-people" />
        </>
      }
      actions={
        <Button type="primary" disabled={!canChange} title={canChange ? undefined : t('users.may_not')} onClick={() => setAdding(true)}>
          {t('group.add')}
        </Button>
      }
    >
      <AreaTabs area="people" current="groups" />
      <div className="card">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty why={t('group.none')} what={t('group.none_what')} />
            ) : (
              <DataTable
                label={t('nav.groups')}
                rows={items}
                rowKey={(row) => row.id}
                onOpen={(row) => navigate(paths.group(row.name))}
                columns={[
                  {
                    id: 'name',
                    title: t('group.name'),
                    cell: (row) => (
                      <Link href={paths.group(row.name)} aria-label={t('group.open', { name: row.name })}>
                        {row.name}
                      </Link>
                    ),
                  },
                  { id: 'description', title: t('group.description'), cell: (row) => row.description ?? <span className="muted">–</span> },
                  { id: 'members', title: t('group.members'), kind: 'right', cell: (row) => <span className="num">{row.members}</span> },
                  { id: 'created', title: t('users.created'), kind: 'fit', cell: (row) => <Time at={row.created_at} /> },
                  { id: 'by', title: t('versions.by'), kind: 'fit', cell: (row) => <ActorName actor={row.created_by} /> },
                ]}
              />
            )
          }
        </Loaded>
      </div>
      {adding && <GroupAdd onClose={() => setAdding(false)} />}
    </Page>
  )
}
