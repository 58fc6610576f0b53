// The menu: what a role cannot see is not there.
import { AppstoreOutlined, AuditOutlined, CloudServerOutlined, ControlOutlined, HeartOutlined, HomeOutlined, KeyOutlined, NotificationOutlined, PlayCircleOutlined, QuestionCircleOutlined, SafetyCertificateOutlined, SolutionOutlined, StopOutlined, TeamOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { approvals } from '@/api/approvals'
import type { Me } from '@/api/types'
import { mayAny } from '@/hooks/me'
import { type AreaId, AREAS } from '@/parts/area-tabs'
import { paths } from '@/paths'

export interface MenuItem {
  id: string
  to: string
  icon: Icon
  needs?: string | string[]
  also?: string[]
}

type Icon = ComponentType<{ 'aria-hidden'?: boolean }>

const MENU: MenuItem[] = [
  { id: 'home', to: paths.home(), icon: HomeOutlined },
  ...area('capabilities', AppstoreOutlined, '/register'),
  { id: 'runs', to: paths.runs(), icon: PlayCircleOutlined, needs: 'run.view', also: ['/compare'] },
  { id: 'approvals', to: paths.approvals(), icon: SolutionOutlined, needs: 'approval.view', also: [paths.standing(), paths.absences()] },
  { id: 'resources', to: paths.resources(), icon: CloudServerOutlined, needs: 'resource.view', also: [paths.resourceAdd()] },
  ...area('credentials', KeyOutlined),
  ...area('audit', AuditOutlined),
]
const ADMIN: MenuItem[] = [
  ...area('people', TeamOutlined),
  ...area('access', SafetyCertificateOutlined),
  { id: 'rules', to: paths.rules(), icon: ControlOutlined, needs: 'rule.view' },
  ...area('freezing', StopOutlined),
  { id: 'announcements', to: paths.announcements(), icon: NotificationOutlined, needs: 'announcement.view_any' },
  { id: 'health', to: paths.health(), icon: HeartOutlined, needs: 'system.doctor' },
]
export const HELP: MenuItem = { id: 'help', to: paths.help(), icon: QuestionCircleOutlined }

/** One item for an area: it leads to the first of its pages that the reader may see, and is there when there is one. */
function area(id: AreaId, icon: Icon, ...also: string[]): MenuItem[] {
  return AREAS[id].map((page) => ({ id, to: page.to, icon, needs: page.needs, also: [...AREAS[id].map((other) => other.to), ...also] }))
}

/** What the reader may see, one item for each id. */
function visible(items: MenuItem[], me: Me): MenuItem[] {
  const seen = items.filter((item) => !item.needs || mayAny(me, item.needs))
  return seen.filter((item, i) => seen.findIndex((other) => other.id === item.id) === i)
}

/** Every page that the menu or a row of tabs leads to. */
export function reachable(me: Me | undefined): { id: string; to: string }[] {
  if (!me) return []
  const pages = Object.values(AREAS).flat()
  const items = [...MENU, ...ADMIN, HELP].filter((item) => !(item.id in AREAS))
  return [...items, ...pages].filter((page) => !page.needs || mayAny(me, page.needs))
}

export function Sidebar({ open, me }: { open: boolean; me: Me }) {
  const { t } = useTranslation()
  const admin = visible(ADMIN, me)
  return (
    <nav className={open ? 'sidebar open' : 'sidebar'} aria-label={t('shell.menu')}>
      <Items items={visible(MENU, me)} />
      {admin.length > 0 && (
        <>
          <div className="nav-title">{t('nav.admin')}</div>
          <Items items={admin} />
        </>
      )}
      <div className="nav-title">{t('nav.more')}</div>
      <Items items={[HELP]} />
      <div className="sidebar-foot break">{me.roles.map((role) => t(`role.${role}`)).join(' · ')}</div>
    </nav>
  )
}

/** How many requests and confirmations wait for the one who is signed in. */
function Waiting() {
  const { t } = useTranslation()
  const { data } = useQuery({ queryKey: ['approvals', 'counts'], queryFn: approvals.counts, staleTime: 10_000, refetchInterval: 30_000 })
  const count = (data?.to_decide ?? 0) + (data?.to_confirm ?? 0)
  if (count === 0) return null
  return (
    <span className="tag wait" title={t('approvals.waiting', { count })}>
      <span aria-hidden>{count}</span>
      <span className="visually-hidden">{t('approvals.waiting', { count })}</span>
    </span>
  )
}

function Items({ items }: { items: MenuItem[] }) {
  const { t } = useTranslation()
  const [path] = useLocation()
  const here = (item: MenuItem) => (item.to === '/' ? path === '/' : [item.to, ...(item.also ?? [])].some((base) => path === base || path.startsWith(`${base}/`)))
  return (
    <ul className="nav">
      {items.map((item) => (
        <li key={item.id}>
          <Link href={item.to} aria-current={here(item) ? 'page' : undefined}>
            <item.icon aria-hidden />
            {t(`nav.${item.id}`)}
            {item.id === 'approvals' && <Waiting />}
          </Link>
        </li>
      ))}
    </ul>
  )
}
