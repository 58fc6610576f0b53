// The frame of every page behind sign-in: top bar, menu, banners, palette.
import { KeyOutlined, MenuOutlined, QuestionCircleOutlined, SearchOutlined, UserOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Dropdown } from 'antd'
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Redirect, useLocation } from 'wouter'
import { ApiError } from '@/api/http'
import { identity } from '@/api/identity'
import { useShortcuts } from '@/hooks/shortcuts'
import { paths } from '@/paths'
import { ProblemNotice } from '@/parts/problem'
import { Skeleton } from '@/ui/skeleton'
import { AnnouncementBanner } from './announcement-banner'
import { Bare } from './bare'
import { Mark } from './brand'
import { ConnectionBanner } from './connection'
import { Sidebar } from './sidebar'
import { PrefsMenu } from './prefs-menu'

const Password = lazy(() => import('@/pages/account/password').then((module) => ({ default: module.Password })))
const Palette = lazy(() => import('@/parts/palette'))
const Shortcuts = lazy(() => import('@/parts/shortcut-sheet'))

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const [path, navigate] = useLocation()
  const me = useQuery({ queryKey: ['me'], queryFn: identity.me, staleTime: 60_000, retry: false })
  const [open, setOpen] = useState<'palette' | 'keys' | undefined>()
  const [menu, setMenu] = useState(false)
  useShortcuts({ palette: () => setOpen('palette'), keys: () => setOpen('keys'), go: navigate })
  useEffect(() => {
    setMenu(false)
    window.scrollTo(0, 0)
  }, [path])

  if (me.error instanceof ApiError && me.error.status === 401 && !me.data) {
    const here = `${window.location.pathname}${window.location.search}${window.location.hash}`
    return <Redirect to={paths.signIn(here === '/' ? undefined : here)} replace />
  }
  if (!me.data) {
    return <main className="bare">{me.error ? <ProblemNotice error={me.error} onRetry={() => void me.refetch()} /> : <Skeleton label={t('common.loading')} />}</main>
  }
  if (me.data.password_expired) {
    return (
      <Bare title={t('account.must_change')}>
        <div className="stack">
          <p>{t('account.must_change_what')}</p>
          <Suspense fallback={null}>
            <Password onDone={() => void me.refetch()} />
          </Suspense>
        </div>
      </Bare>
    )
  }
  const signOut = () => {
    void identity.signOut().finally(() => window.location.assign(paths.signIn()))
  }
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t('shell.skip')}
      </a>
      <header className="topbar">
        <button type="button" className="icon-button menu-button" aria-label={t('shell.menu')} aria-expanded={menu} onClick={() => setMenu(!menu)}>
          <MenuOutlined aria-hidden />
        </button>
        <Link href={paths.home()} className="brand" aria-label={t('shell.home_of', { name: 'ExecGov' })}>
          <Mark />
          <span className="hide-small">ExecGov</span>
        </Link>
        <button type="button" className="find-anything" onClick={() => setOpen('palette')}>
          <SearchOutlined aria-hidden />
          <span className="grow">{t('shell.find')}</span>
          <kbd>Ctrl K</kbd>
        </button>
        <span className="grow" />
        <PrefsMenu />
        <Link href={paths.help()} className="icon-button" aria-label={t('nav.help')} title={t('nav.help')}>
          <QuestionCircleOutlined aria-hidden />
        </Link>
        <Dropdown
          trigger={['click']}
          menu={{
            items: [
              { key: 'account', icon: <UserOutlined aria-hidden />, label: t('nav.account'), onClick: () => navigate(paths.account()) },
              { key: 'tokens', icon: <KeyOutlined aria-hidden />, label: t('account.tokens'), onClick: () => navigate(paths.account('tokens')) },
              { key: 'keys', label: t('shell.keys'), onClick: () => setOpen('keys') },
              { type: 'divider' },
              { key: 'out', label: t('shell.sign_out'), onClick: signOut },
            ],
          }}
        >
          <button type="button" className="icon-button" aria-label={t('shell.account_of', { name: me.data.name })} aria-haspopup="menu">
            <UserOutlined aria-hidden />
            <span className="hide-small">{me.data.display_name || me.data.name}</span>
          </button>
        </Dropdown>
      </header>
      <Sidebar open={menu} me={me.data} />
      <main className="main" id="main" tabIndex={-1}>
        <ConnectionBanner />
        <AnnouncementBanner />
        {children}
      </main>
      <Suspense fallback={null}>
        {open === 'palette' && <Palette onClose={() => setOpen(undefined)} onKeys={() => setOpen('keys')} />}
        {open === 'keys' && <Shortcuts onClose={() => setOpen(undefined)} />}
      </Suspense>
    </div>
  )
}
