// The frame of pages before sign-in.
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Mark } from './brand'
import { PrefsMenu } from './prefs-menu'

export function Bare({ title, wide, children }: { title: string; wide?: boolean; children: ReactNode }) {
  const { t } = useTranslation()
  return (
    <div className="bare">
      <header className="row" style={{ gap: 10 }}>
        <Mark size={30} />
        <strong style={{ fontSize: 'var(--size-3)' }}>ExecGov</strong>
      </header>
      <main className={wide ? 'bare-card wide' : 'bare-card'}>
        <h1 style={{ marginBottom: 16 }}>{title}</h1>
        {children}
      </main>
      <footer className="bare-foot row">
        <span>{window.location.host}</span>
        <span>{t('signin.slogan')}</span>
        <PrefsMenu />
      </footer>
    </div>
  )
}
