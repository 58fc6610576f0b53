// What waits for the one who is signed in, and what holds everybody up now: the top of Home.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { approvals } from '@/api/approvals'
import { freezes } from '@/api/freezes'
import { useMe } from '@/hooks/me'
import { paths } from '@/paths'
import { Notice } from '@/ui/notice'
import { Time } from './time'

/** The freezes that hold now, until when. */
export function Frozen() {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['freezes'], queryFn: freezes.list, staleTime: 60_000 })
  const now = query.data?.items.filter((one) => one.holds_until) ?? []
  if (now.length === 0) return null
  return (
    <Notice tone="calm" title={t('home.frozen', { count: now.length })} actions={<Link href={paths.freezes()}>{t('home.see_freezes')}</Link>}>
      {now.slice(0, 3).map((one) => (
        <div key={one.id}>
          {one.name} · {t('freeze.until')} <Time at={one.holds_until} />
        </div>
      ))}
    </Notice>
  )
}

/** Counts that lead to what they count; nothing when nothing waits. */
export function Waiting() {
  const { t } = useTranslation()
  const me = useMe()
  const { data } = useQuery({ queryKey: ['approvals', 'counts'], queryFn: approvals.counts, staleTime: 10_000, refetchInterval: 30_000 })
  if (!data) return null
  const links = [
    data.to_decide > 0 && { to: paths.approvals(), text: t('home.to_decide', { count: data.to_decide }) + (data.to_decide_is_lower_bound ? '+' : '') },
    data.to_confirm > 0 && { to: paths.runs({ phase: 'awaiting_confirmation', requester: me?.name }), text: t('home.to_confirm', { count: data.to_confirm }) },
    data.reviews > 0 && { to: paths.approvals({ view: 'reviews', state: 'open' }), text: t('approvals.reviews_open', { count: data.reviews }) + (data.reviews_overdue > 0 ? ` · ${t('approvals.reviews_overdue', { count: data.reviews_overdue })}` : '') },
    data.mine > 0 && { to: paths.approvals({ view: 'mine' }), text: t('home.mine_open', { count: data.mine }) },
  ].filter((one) => one !== false)
  if (links.length === 0) return null
  return (
    <Notice tone={data.to_decide + data.to_confirm + data.reviews > 0 ? 'wait' : 'calm'} title={t('home.waiting')}>
      <ul className="plain-list row">
        {links.map((link) => (
          <li key={link.to}>
            <Link href={link.to} className="underlined">
              {link.text}
            </Link>
          </li>
        ))}
      </ul>
    </Notice>
  )
}
