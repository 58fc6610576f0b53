// The menu: what a role cannot see is not there.
import { AppstoreOutlined, AuditOutlined, HeartOutlined, HomeOutlined, PlayCircleOutlined, QuestionCircleOutlined, SafetyCertificateOutlined, TeamOutlined } from '@ant-design/icons'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
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
  { id: 'audit', to: paths.audit(), icon: AuditOutlined, needs: 'audit.view' },
]
export const ADMIN: MenuItem[] = [
  { id: 'users', to: paths.users(), icon: TeamOutlined, needs: 'user.view' },
  { id: 'roles', to: paths.roles(), icon: SafetyCertificateOutlined, needs: 'role.view' },
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
          </Link>
        </li>
      ))}
    </ul>
  )
}
