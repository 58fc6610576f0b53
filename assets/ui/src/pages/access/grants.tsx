// Which roles were given to whom, where and until when.
import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { access } from '@/api/access'
import { GrantAdd } from '@/forms/grant-add'
import { useAct } from '@/hooks/act'
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

export default function Grants() {
  const { t } = useTranslation()
  const me = useMe()
  const { ask, notice } = useAct(['grants'])
  const [adding, setAdding] = useState(false)
  const query = useInfiniteQuery({
    queryKey: ['grants'],
    queryFn: ({ pageParam }) => access.grants({ cursor: pageParam, limit: 100 }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })
  const canGive = may(me, 'user.grant_role')
  const why = canGive ? undefined : t('users.may_not')
  return (
    <Page
      title={t('nav.grants')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/give-access" />
        </>
      }
      actions={
        <Button type="primary" disabled={!canGive} title={why} onClick={() => setAdding(true)}>
          {t('grant.add')}
        </Button>
      }
    >
      <AreaTabs area="access" current="grants" />
      <div className="stack wide">
        {notice}
        <div className="card">
          <Loaded query={query}>
            {({ pages }) => {
              const rows = pages.flatMap((page) => page.items)
              return rows.length === 0 ? (
                <Empty why={t('grant.none')} what={t('grant.none_what')} />
              ) : (
                <>
                  <DataTable
                    label={t('nav.grants')}
                    rows={rows}
                    rowKey={(row) => row.id}
                    columns={[
                      { id: 'role', title: t('grant.role'), cell: (row) => (row.custom ? row.role : t(`role.${row.role}`)) },
                      { id: 'holder', title: t('grant.holder'), cell: (row) => <Link href={row.holder.kind === 'group' ? paths.group(row.holder.name) : paths.user(row.holder.id)}>{row.holder.name}</Link> },
                      { id: 'kind', title: t('grant.kind'), kind: 'fit', cell: (row) => t(`grant.kinds.${row.holder.kind}`) },
                      { id: 'place', title: t('grant.place'), cell: (row) => (row.place ? <code>{row.place}</code> : <span className="muted">{t('grant.everywhere')}</span>) },
                      { id: 'until', title: t('grant.until'), kind: 'fit', cell: (row) => (row.until ? <Time at={row.until} /> : <span className="muted">{t('group.for_good')}</span>) },
                      { id: 'counts', title: t('group.counts'), kind: 'fit', cell: (row) => <span className={`tag ${row.holds ? 'ok' : ''}`}>{t(row.holds ? 'common.yes' : 'common.no')}</span> },
                      { id: 'reason', title: t('grant.reason'), cell: (row) => row.reason ?? <span className="muted">–</span> },
                      { id: 'by', title: t('grant.by'), kind: 'fit', cell: (row) => <ActorName actor={row.granted_by} /> },
                      {
                        id: 'actions',
                        title: t('common.actions'),
                        kind: 'fit',
                        cell: (row) => (
                          <Button
                            size="small"
                            disabled={!canGive}
                            title={why}
                            aria-label={t('grant.take_from', { role: row.role, holder: row.holder.name })}
                            onClick={() => ask({ title: t('grant.take_title', { role: row.role, holder: row.holder.name }), ok: t('grant.take'), done: t('grant.taken') }, () => access.take(row.id))}
                          >
                            {t('grant.take')}
                          </Button>
                        ),
                      },
                    ]}
                  />
                  {query.hasNextPage && (
                    <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                      {t('grant.more')}
                    </Button>
                  )}
                </>
              )
            }}
          </Loaded>
        </div>
      </div>
      {adding && <GrantAdd onClose={() => setAdding(false)} />}
    </Page>
  )
}
