// One shared capability: what it is good for, what colleagues think, a copy for oneself; moderation for those who may.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'wouter'
import { community } from '@/api/templates'
import type { Risk, SharedDetail } from '@/api/types'
import { CommunityCopy } from '@/forms/community-copy'
import { CommunityHide } from '@/forms/community-hide'
import { CommunityRate } from '@/forms/community-rate'
import { useAct } from '@/hooks/act'
import { ActorName } from '@/parts/actor'
import { Loaded } from '@/parts/loaded'
import { RatingText } from '@/parts/rating'
import { RiskTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

export default function Shared() {
  const name = decodeURIComponent(useParams<{ name: string }>().name)
  const query = useQuery({ queryKey: ['community', name], queryFn: () => community.show(name) })
  return (
    <Loaded query={query} page>
      {(one) => <SharedPage one={one} />}
    </Loaded>
  )
}

function SharedPage({ one }: { one: SharedDetail }) {
  const { t } = useTranslation()
  const { act, busy, notice } = useAct(['community'])
  const [open, setOpen] = useState<'rate' | 'copy' | 'hide'>()
  const can = (verb: string) => one.actions.includes(`community.${verb}`)
  const why = (verb: string) => (can(verb) ? undefined : t('users.may_not'))
  return (
    <Page
      title={one.capability}
      crumbs={[{ to: paths.community(), text: t('nav.community') }]}
      meta={
        <>
          {one.risk && <RiskTag risk={one.risk as Risk} />}
          <RatingText one={one} />
          <span>{t('community.copies', { count: one.copies })}</span>
          <ZoneNote />
        </>
      }
      actions={
        <>
          {can('moderate') &&
            (one.hidden ? (
              <Button disabled={busy} onClick={() => void act(() => community.unhide(one.capability), t('community.unhide_done'))}>
                {t('community.unhide')}
              </Button>
            ) : (
              <Button danger onClick={() => setOpen('hide')}>
                {t('community.hide')}
              </Button>
            ))}
          <Button disabled={!can('rate')} title={why('rate')} onClick={() => setOpen('rate')}>
            {t('community.rate')}
          </Button>
          <Button type="primary" disabled={!can('copy') || !one.current} title={one.current ? why('copy') : t('community.not_published')} onClick={() => setOpen('copy')}>
            {t('community.copy')}
          </Button>
        </>
      }
    >
      <div className="stack wide">
        {notice}
        {one.hidden && <Notice tone="wait" title={t('community.hidden')}>{t('community.hidden_why', { who: one.hidden.by.name ?? '', reason: one.hidden.reason })}</Notice>}
        <Card title={t('community.description')} extra={<Link href={paths.capability(one.capability)}>{t('community.open_capability')}</Link>}>
          <p className="break" style={{ whiteSpace: 'pre-line' }}>
            {one.description}
          </p>
          <p className="muted">
            {t('community.by', { who: one.shared_by.name ?? '' })} <Time at={one.shared_at} />
          </p>
        </Card>
        <Card title={t('community.said')}>
          {one.said.length === 0 ? (
            <p className="muted">{t('community.no_ratings')}</p>
          ) : (
            <ul className="stack plain-list">
              {one.said.map((said) => (
                <li key={`${said.by.id ?? ''} ${said.at}`}>
                  <span className="row tight">
                    <strong>{t('community.star_n', { count: said.stars })}</strong> <ActorName actor={said.by} /> <Time at={said.at} />
                  </span>
                  {said.comment && <div className="break">{said.comment}</div>}
                </li>
              ))}
            </ul>
          )}
        </Card>
      </div>
      {open === 'rate' && <CommunityRate one={one} onClose={() => setOpen(undefined)} />}
      {open === 'copy' && <CommunityCopy name={one.capability} onClose={() => setOpen(undefined)} />}
      {open === 'hide' && <CommunityHide name={one.capability} onClose={() => setOpen(undefined)} />}
    </Page>
  )
}
