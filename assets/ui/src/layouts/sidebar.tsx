// The menu: what a role cannot see is not there.
import { AppstoreOutlined, AuditOutlined, ControlOutlined, HeartOutlined, HomeOutlined, PlayCircleOutlined, QuestionCircleOutlined, SafetyCertificateOutlined, SolutionOutlined, StopOutlined, TeamOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { approvals } from '@/api/approvals'
import type { Me } from '@/api/types'
import { may } from '@/hooks/me'
import { paths } from '@/paths'

export interface MenuItem {
  id: string
  to: string
  icon: ComponentType<{ 'aria-hidden'?: boolean }>
  needs?: string
  also?: string[]
}

export const MENU: MenuItem[] = [
  { id: 'home', to: paths.home(), icon: HomeOutlined },
  { id: 'capabilities', to: paths.capabilities(), icon: AppstoreOutlined, needs: 'capability.view', also: ['/register'] },
  { id: 'runs', to: paths.runs(), icon: PlayCircleOutlined, needs: 'run.view', also: ['/compare'] },
  { id: 'approvals', to: paths.approvals(), icon: SolutionOutlined, needs: 'approval.view' },
  { id: 'audit', to: paths.audit(), icon: AuditOutlined, needs: 'audit.view' },
]
export const ADMIN: MenuItem[] = [
  { id: 'users', to: paths.users(), icon: TeamOutlined, needs: 'user.view' },
  { id: 'roles', to: paths.roles(), icon: SafetyCertificateOutlined, needs: 'role.view' },
  { id: 'rules', to: paths.rules(), icon: ControlOutlined, needs: 'rule.view' },
  { id: 'freezes', to: paths.freezes(), icon: StopOutlined, needs: 'freeze.view' },
  { id: 'health', to: paths.health(), icon: HeartOutlined, needs: 'system.doctor' },
]
export const HELP: MenuItem = { id: 'help', to: paths.help(), icon: QuestionCircleOutlined }

export function Sidebar({ open, me }: { open: boolean; me: Me }) {
  const { t } = useTranslation()
  const admin = ADMIN.filter((item) => !item.needs || may(me, item.needs))
  return (
    <nav className={open ? 'sidebar open' : 'sidebar'} aria-label={t('shell.menu')}>
      <Items items={MENU.filter((item) => !item.needs || may(me, item.needs))} />
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
