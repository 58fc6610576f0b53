// Announcements: drafts, those on people's screens, and old ones.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { announcements } from '@/api/announcements'
import { AnnouncementEdit } from '@/forms/announcement-edit'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { AnnouncementState, Audience, SeverityTag } from '@/parts/announcement-tags'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Announcements() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const keeps = may(me, 'announcement.view_any')
  const writes = may(me, 'announcement.draft')
  const query = useQuery({ queryKey: ['announcements', keeps ? 'all' : 'mine'], queryFn: () => announcements.list(keeps ? 'all' : 'mine') })
  const [writing, setWriting] = useState(false)
  return (
    <Page
      title={t('nav.announcements')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/announce-something" />
        </>
      }
      actions={
        <Button type="primary" disabled={!writes} title={writes ? undefined : t('users.may_not')} onClick={() => setWriting(true)}>
          {t('announcement.write')}
        </Button>
      }
    >
      <div className="card">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty why={t('announcement.none')} what={t('announcement.none_what')} />
            ) : (
              <DataTable
                label={t('nav.announcements')}
                rows={items}
                rowKey={(row) => row.id}
                onOpen={(row) => navigate(paths.announcement(row.id))}
                columns={[
                  { id: 'state', title: t('announcement.state'), kind: 'fit', cell: (row) => <AnnouncementState one={row} /> },
                  { id: 'severity', title: t('announcement.severity'), kind: 'fit', cell: (row) => <SeverityTag severity={row.severity} /> },
                  { id: 'title', title: t('announcement.title'), wrap: true, cell: (row) => <Link href={paths.announcement(row.id)}>{row.title}</Link> },
                  { id: 'for', title: t('announcement.for_roles'), wrap: true, cell: (row) => <Audience one={row} /> },
                  { id: 'starts', title: t('announcement.starts'), kind: 'fit', cell: (row) => <Time at={row.starts_at ?? row.published_at} /> },
                  { id: 'ends', title: t('announcement.ends'), kind: 'fit', cell: (row) => <Time at={row.ends_at} /> },
                  { id: 'read', title: t('announcement.acknowledged'), kind: 'right', cell: (row) => (row.acknowledge ? <span className="num">{row.acknowledged ?? '–'}</span> : <span className="muted">–</span>) },
                  { id: 'by', title: t('announcement.by'), kind: 'fit', cell: (row) => <ActorName actor={row.created_by} /> },
                ]}
              />
            )
          }
        </Loaded>
      </div>
      {writing && <AnnouncementEdit onClose={() => setWriting(false)} />}
    </Page>
  )
}
