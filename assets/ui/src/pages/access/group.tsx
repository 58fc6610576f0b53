// One group and who is in it.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation, useParams } from 'wouter'
import { groups } from '@/api/access'
import type { GroupDetail } from '@/api/types'
import { GroupMemberAdd } from '@/forms/group-member-add'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { Loaded } from '@/parts/loaded'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Group() {
  const name = decodeURIComponent(useParams<{ name: string }>().name)
  const query = useQuery({ queryKey: ['groups', name], queryFn: () => groups.show(name) })
  return (
    <Loaded query={query} page>
      {(group) => <GroupPage group={group} />}
    </Loaded>
  )
}

function GroupPage({ group }: { group: GroupDetail }) {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const { ask, notice } = useAct(['groups'])
  const [adding, setAdding] = useState(false)
  const canChange = may(me, 'group.update')
  const why = canChange ? undefined : t('users.may_not')
  const removeGroup = () =>
    ask({ title: t('group.remove_title', { name: group.name }), what: t('group.remove_what'), ok: t('group.remove'), done: t('group.removed', { name: group.name }) }, async () => {
      await groups.remove(group.name)
      navigate(paths.groups())
    })
  return (
    <Page
      title={group.name}
      crumbs={[{ to: paths.groups(), text: t('nav.groups') }]}
      meta={
        <>
          {group.description && <span>{group.description}</span>}
          <ZoneNote />
        </>
      }
      actions={
        <>
          <Button danger disabled={!canChange} title={why} onClick={removeGroup}>
            {t('group.remove')}
          </Button>
          <Button type="primary" disabled={!canChange} title={why} onClick={() => setAdding(true)}>
            {t('group.add_member')}
          </Button>
        </>
      }
    >
      <div className="stack wide">
        {notice}
        <Card title={t('group.members')} flush>
          {group.people.length === 0 ? (
            <Empty why={t('group.nobody')} />
          ) : (
            <DataTable
              label={t('group.members')}
              rows={group.people}
              rowKey={(row) => row.id}
              columns={[
                { id: 'name', title: t('group.person'), cell: (row) => <Link href={paths.user(row.id)}>{row.display_name || row.name}</Link> },
                { id: 'account', title: t('users.account'), cell: (row) => <code>{row.name}</code> },
                { id: 'counts', title: t('group.counts'), kind: 'fit', cell: (row) => <span className={`tag ${row.counts ? 'ok' : ''}`} title={row.counts ? undefined : t('group.over')}>{t(row.counts ? 'common.yes' : 'common.no')}</span> },
                { id: 'until', title: t('group.until'), kind: 'fit', cell: (row) => (row.until ? <Time at={row.until} /> : <span className="muted">{t('group.for_good')}</span>) },
                { id: 'added', title: t('users.created'), kind: 'fit', cell: (row) => <Time at={row.added_at} /> },
                { id: 'by', title: t('group.added_by'), kind: 'fit', cell: (row) => <ActorName actor={row.added_by} /> },
                {
                  id: 'actions',
                  title: t('common.actions'),
                  kind: 'fit',
                  cell: (row) => (
                    <Button
                      size="small"
                      disabled={!canChange}
                      title={why}
                      aria-label={t('group.take_out_of', { user: row.name })}
                      onClick={() => ask({ title: t('group.take_out_title', { user: row.name, name: group.name }), ok: t('group.take_out'), done: t('group.taken_out', { user: row.name }) }, () => groups.removeMember(group.name, row.name))}
                    >
                      {t('group.take_out')}
                    </Button>
                  ),
                },
              ]}
            />
          )}
        </Card>
      </div>
      {adding && <GroupMemberAdd group={group.name} onClose={() => setAdding(false)} />}
    </Page>
  )
}
