// Providers around the routes: words, theme, server cache.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { App as AntApp, ConfigProvider } from 'antd'
import { Component, type ReactNode, useEffect, useLayoutEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from './api/http'
import { isDark, usePrefs } from './hooks/prefs'
import { Routes } from './routes'
import { currentWords, loadLanguage } from './text'
import { antTheme } from './theme'
import { Notice } from './ui/notice'

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      networkMode: 'always',
      retry: (count, error) => error instanceof ApiError && (error.status === 0 || error.status === 503) && count < 2,
    },
    mutations: { networkMode: 'always' },
  },
})

export function Root() {
  const prefs = usePrefs()
  const dark = isDark()
  const [shown, setShown] = useState(prefs.language)
  useEffect(() => {
    let wanted = true
    void loadLanguage(prefs.language).then(() => wanted && setShown(prefs.language))
    return () => {
      wanted = false
    }
  }, [prefs.language])
  // Not before the words are on the page: it says in which language that is read out.
  useLayoutEffect(() => {
    document.documentElement.lang = shown === 'zh' ? 'zh-CN' : 'en'
  }, [shown])
  return (
    <ConfigProvider
      locale={currentWords()?.antd}
      theme={antTheme(dark, prefs.density === 'comfortable')}
      csp={{ nonce }}
      key={shown}
      button={{ autoInsertSpace: false }}
      wave={{ disabled: true }}
    >
      <AntApp component={false} message={{ maxCount: 3 }}>
        <QueryClientProvider client={queries}>
          <Guard>
            <Routes />
          </Guard>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  )
}

/** A defect in one page must not leave a blank window. */
class Guard extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {}

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children
  }
}

function Broken({ error }: { error: Error }) {
  const { t } = useTranslation()
  return (
    <main className="bare">
      <Notice tone="bad" title={t('errors.page_broke')} live>
        <code>{error.message}</code>
        <p>
          <a href="/">{t('errors.back_home')}</a>
        </p>
      </Notice>
    </main>
  )
}
