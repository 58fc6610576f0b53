// What was current when, and who agreed to it; newest first.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { reviews } from '@/api/reviews'
import { paths } from '@/paths'
import { ActorName } from './actor'
import { Loaded } from './loaded'
import { Time } from './time'

export function Publications({ name }: { name: string }) {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['capability', name, 'publications'], queryFn: () => reviews.publications(name) })
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="muted">{t('versions.none_current')}</p>
        ) : (
          <ul className="stack plain-list">
            {items.map((one) => (
              <li key={`${one.at} ${one.version} ${one.kind}`}>
                <span className="row tight">
                  <Time at={one.at} />
                  {t(`versions.pub_${one.kind}`)}
                  <Link href={paths.version(name, one.version)}>{t('capabilities.version_n', { n: one.version })}</Link>
                </span>
                <div className="muted">
                  {one.self_approved ? (
                    t('versions.alone')
                  ) : (
                    <>
                      {t('versions.agreed', { who: '' })}
                      {one.by.map((by, i) => (
                        <span key={by.id ?? i}>
                          {i > 0 && ', '}
                          <ActorName actor={by} />
                        </span>
                      ))}
                    </>
                  )}{' '}
                  {one.approval && <Link href={paths.approval(one.approval)}>{t('approvals.asked_open')}</Link>}
                </div>
                {one.changelog && <div className="break">{one.changelog}</div>}
                {one.comment && <div className="break muted">{one.comment}</div>}
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}
