// Calendars: which days and hours are marked, and which freezes go by them.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { calendars } from '@/api/calendars'
import { CalendarEdit } from '@/forms/calendar-edit'
import { may, useMe } from '@/hooks/me'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Calendars() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const query = useQuery({ queryKey: ['calendars'], queryFn: calendars.list })
  const [adding, setAdding] = useState(false)
  const can = may(me, 'freeze.update')
  return (
    <Page
      title={t('nav.calendars')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/freeze-starts" />
        </>
      }
      actions={
        <Button type="primary" disabled={!can} title={can ? undefined : t('users.may_not')} onClick={() => setAdding(true)}>
          {t('calendar.add')}
        </Button>
      }
    >
      <AreaTabs area="freezing" current="calendars" />
      <div className="card">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty why={t('calendar.none')} what={t('calendar.none_what')} />
            ) : (
              <DataTable
                label={t('nav.calendars')}
                rows={items}
                rowKey={(row) => row.id}
                onOpen={(row) => navigate(paths.calendar(row.name))}
                columns={[
                  {
                    id: 'name',
                    title: t('calendar.name'),
                    cell: (row) => (
                      <Link href={paths.calendar(row.name)} aria-label={t('calendar.open', { name: row.name })}>
                        {row.name}
                      </Link>
                    ),
                  },
                  { id: 'inside', title: t('runs.state'), kind: 'fit', cell: (row) => <span className={`tag ${row.inside ? 'wait' : ''}`}>{t(row.inside ? 'calendar.inside' : 'calendar.outside')}</span> },
                  { id: 'changes', title: t('calendar.changes'), kind: 'fit', cell: (row) => <Time at={row.changes_at} /> },
                  { id: 'zone', title: t('calendar.zone'), kind: 'fit', cell: (row) => row.zone },
                  { id: 'used', title: t('calendar.used_by'), wrap: true, cell: (row) => row.used_by.join(', ') || <span className="muted">{t('calendar.no_freeze')}</span> },
                  { id: 'updated', title: t('capability.updated'), kind: 'fit', cell: (row) => <Time at={row.updated_at} /> },
                ]}
              />
            )
          }
        </Loaded>
      </div>
      {adding && <CalendarEdit onClose={() => setAdding(false)} />}
    </Page>
  )
}
