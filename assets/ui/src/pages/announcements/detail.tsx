// One announcement: its text, its way to people's screens, and who has read it.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'wouter'
import { type AnnouncementStep, announcements } from '@/api/announcements'
import type { AnnouncementView } from '@/api/types'
import { AnnouncementEdit } from '@/forms/announcement-edit'
import { formatCount } from '@/format'
import { useAct } from '@/hooks/act'
import { useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { AnnouncementState, Audience, SeverityTag } from '@/parts/announcement-tags'
import { Loaded } from '@/parts/loaded'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Facts } from '@/ui/facts'
import { Page } from '@/ui/page'

/** What can be done in which state; the usual thing comes last. Mirrors `domain::announcement::State::apply`. */
const STEPS: Record<AnnouncementView['state'], Exclude<AnnouncementStep, 'acknowledge'>[]> = {
  draft: ['withdraw', 'publish', 'submit'],
  in_review: ['withdraw', 'return', 'publish'],
  published: ['withdraw'],
  withdrawn: [],
}

export default function Announcement() {
  const id = decodeURIComponent(useParams<{ id: string }>().id)
  const query = useQuery({ queryKey: ['announcements', 'one', id], queryFn: () => announcements.show(id) })
  return (
    <Loaded query={query} page>
      {(one) => <AnnouncementPage one={one} />}
    </Loaded>
  )
}

function AnnouncementPage({ one }: { one: AnnouncementView }) {
  const { t } = useTranslation()
  const { act, ask, busy, notice } = useAct(['announcements'])
  const me = useMe()
  const [editing, setEditing] = useState(false)
  const can = (step: AnnouncementStep | 'edit') => one.actions.includes(step === 'publish' ? 'announcement.publish' : 'announcement.draft')
  const go = (step: (typeof STEPS)['draft'][number]) => {
    const work = () => announcements[step](one.id)
    const done = t(`announcement.${step}_done`)
    if (step === 'withdraw' || step === 'publish') ask({ title: t(`announcement.${step}_title`), ok: t(`announcement.${step}`), done }, work)
    else void act(work, done)
  }
  const steps = STEPS[one.state].filter((step) => step !== 'publish' || one.state !== 'draft' || me?.mode === 'solo')
  return (
    <Page
      title={one.title}
      crumbs={[{ to: paths.announcements(), text: t('nav.announcements') }]}
      meta={
        <>
          <AnnouncementState one={one} />
          <SeverityTag severity={one.severity} />
          <ZoneNote />
        </>
      }
      actions={
        <>
          {one.state === 'draft' && (
            <Button disabled={!can('edit')} title={can('edit') ? undefined : t('announcement.may_not')} onClick={() => setEditing(true)}>
              {t('announcement.edit')}
            </Button>
          )}
          {steps.map((step, i) => (
            <Button key={step} type={i === steps.length - 1 && step !== 'withdraw' ? 'primary' : 'default'} danger={step === 'withdraw'} disabled={busy || !can(step)} title={can(step) ? undefined : t('announcement.may_not')} onClick={() => go(step)}>
              {t(`announcement.${step}`)}
            </Button>
          ))}
        </>
      }
    >
      <div className="stack wide">
        {notice}
        <div className="two-columns">
          <Card title={t('announcement.body')}>
            <p className="break" style={{ whiteSpace: 'pre-line' }}>
              {one.body}
            </p>
          </Card>
          <div className="stack wide">
            <Card title={t('common.details')}>
              <Facts
                items={[
                  [t('announcement.for_roles'), <Audience key="a" one={one} />],
                  [t('announcement.starts'), <Time key="s" at={one.starts_at ?? one.published_at} />],
                  [t('announcement.ends'), <Time key="e" at={one.ends_at} />],
                  [t('announcement.by'), <span key="b"><ActorName actor={one.created_by} /> <Time at={one.created_at} /></span>],
                  one.published_by ? [t('announcement.published'), <span key="p"><ActorName actor={one.published_by} /> <Time at={one.published_at} /></span>] : null,
                  one.acknowledged_at ? [t('announcement.you_read'), <Time key="y" at={one.acknowledged_at} />] : null,
                ]}
              />
            </Card>
            {one.acknowledge && one.acknowledged !== null && one.acknowledged !== undefined && <Receipts id={one.id} />}
          </div>
        </div>
      </div>
      {editing && <AnnouncementEdit was={one} onClose={() => setEditing(false)} />}
    </Page>
  )
}

function Receipts({ id }: { id: string }) {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['announcements', 'receipts', id], queryFn: () => announcements.receipts(id) })
  return (
    <Card title={t('announcement.receipts')}>
      <Loaded query={query}>
        {(found) => (
          <div className="stack">
            <Facts
              items={[
                [t('announcement.acknowledged'), <span key="a" className="num">{formatCount(found.acknowledged)}</span>],
                [t('announcement.pending'), <span key="p" className="num">{formatCount(found.pending)}</span>],
              ]}
            />
            {found.readers.length > 0 && (
              <ul className="plain-list">
                {found.readers.map((reader) => (
                  <li key={`${reader.by.id ?? ''} ${reader.at}`}>
                    <ActorName actor={reader.by} /> <Time at={reader.at} />
                  </li>
                ))}
              </ul>
            )}
            {found.missing.length > 0 && (
              <p className="muted break">
                {t('announcement.missing')}: {found.missing.join(', ')}
              </p>
            )}
          </div>
        )}
      </Loaded>
    </Card>
  )
}
