// What colleagues share: to read, to rate, to copy into one's own space.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { community } from '@/api/templates'
import type { Risk, SharedView } from '@/api/types'
import { CommunityShare } from '@/forms/community-share'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { RatingText } from '@/parts/rating'
import { RiskTag } from '@/parts/tags'
import { Ago, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Community() {
  const { t } = useTranslation()
  const me = useMe()
  const query = useQuery({ queryKey: ['community'], queryFn: community.list })
  const [sharing, setSharing] = useState(false)
  const can = may(me, 'community.share')
  return (
    <Page
      title={t('nav.community')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/share-with-colleagues" />
        </>
      }
      actions={
        <Button type="primary" disabled={!can} title={can ? undefined : t('users.may_not')} onClick={() => setSharing(true)}>
          {t('community.share')}
        </Button>
      }
    >
      <AreaTabs area="capabilities" current="community" />
      <div className="card">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty why={t('community.none')} what={t('community.none_what')} />
            ) : (
              <ul className="tiles">
                {items.map((one) => (
                  <Tile key={one.capability_id} one={one} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </div>
      {sharing && <CommunityShare onClose={() => setSharing(false)} />}
    </Page>
  )
}

function Tile({ one }: { one: SharedView }) {
  const { t } = useTranslation()
  return (
    <li className="tile">
      <span className="row tight">
        <Link href={paths.shared(one.capability)}>{one.capability}</Link>
        {one.risk && <RiskTag risk={one.risk as Risk} />}
        {one.hidden && <span className="tag deny">{t('community.hidden')}</span>}
      </span>
      <p>{one.description}</p>
      <span className="muted row tight">
        <RatingText one={one} /> · {t('community.copies', { count: one.copies })}
      </span>
      <span className="muted row tight">
        <ActorName actor={one.shared_by} /> <Ago at={one.shared_at} />
      </span>
    </li>
  )
}
