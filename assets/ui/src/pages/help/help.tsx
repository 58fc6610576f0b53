// The documentation in the binary: pages, search, error codes, keys, about. No link leads off the appliance.
import { SearchOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Input } from 'antd'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'wouter'
import { usePrefs } from '@/hooks/prefs'
import { NotFound } from '@/pages/errors'
import { errorTitle, ProblemNotice } from '@/parts/problem'
import { KeyList } from '@/parts/shortcut-sheet'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import Markdown from '@/ui/markdown'
import { Page } from '@/ui/page'
import { Skeleton } from '@/ui/skeleton'
import { find, type HelpPage } from './search'

const About = lazy(() => import('./about'))

async function load(language: string): Promise<{ pages: HelpPage[]; errors: Record<string, { title: string; text: string }> }> {
  const [pages, errors] = await Promise.all(
    language === 'zh' ? [import('virtual:help-zh'), import('virtual:error-pages-zh')] : [import('virtual:help-en'), import('virtual:error-pages-en')],
  )
  return { pages: pages.default, errors: errors.default }
}

export default function Help() {
  const { t } = useTranslation()
  const { language } = usePrefs()
  const params = useParams<{ section?: string; page?: string }>()
  const [text, setText] = useState('')
  const query = useQuery({ queryKey: ['help', language], queryFn: () => load(language), staleTime: Number.POSITIVE_INFINITY })
  const hits = useMemo(() => (query.data ? find(text, query.data.pages, query.data.errors) : []), [text, query.data])
  if (query.error) return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Skeleton label={t('common.loading')} rows={8} />
  const { pages, errors } = query.data
  const id = params.section ? `${params.section}${params.page ? `/${decodeURIComponent(params.page)}` : ''}` : undefined
  const shown = pages.find((page) => page.id === id)
  const code = params.section === 'errors' ? params.page : undefined
  if (id && !shown && id !== 'keys' && id !== 'errors' && id !== 'about' && !(code && errors[code])) return <NotFound />
  const title = shown?.title ?? (code ? `${code}: ${errorTitle(code) ?? ''}` : id === 'keys' ? t('shell.keys') : id === 'errors' ? t('help.errors') : id === 'about' ? t('help.about') : t('nav.help'))
  return (
    <Page title={title} heading={shown ? undefined : title} crumbs={id ? [{ to: paths.help(), text: t('nav.help') }] : []}>
      <div className="help-layout">
        <nav className="help-nav stack" aria-label={t('help.contents')}>
          <Input className="search" type="search" allowClear prefix={<SearchOutlined aria-hidden />} aria-label={t('help.search')} placeholder={t('help.search')} value={text} onChange={(event) => setText(event.target.value)} />
          <Contents pages={pages} current={id} />
        </nav>
        <div style={{ minWidth: 0 }}>
          {text.trim() ? (
            <Hits hits={hits} onOpen={() => setText('')} />
          ) : shown ? (
            <Card>
              <Markdown text={shown.text.replace(/^#\s.*\n/, '')} resolve={(href) => inside(href, shown.id)} />
            </Card>
          ) : code ? (
            <Card>
              <Markdown text={errors[code]?.text ?? ''} resolve={(href) => inside(href, `errors/${code}`)} />
            </Card>
          ) : id === 'keys' ? (
            <Card>
              <KeyList />
            </Card>
          ) : id === 'about' ? (
            <Suspense fallback={<Skeleton label={t('common.loading')} rows={6} />}>
              <About />
            </Suspense>
          ) : (
            <Index pages={pages} errors={errors} only={id === 'errors' ? 'errors' : undefined} />
          )}
        </div>
      </div>
    </Page>
  )
}

/** `../reference/limits.md#memory` beside `how-to/x` is a page here. */
function inside(href: string, from: string): string | undefined {
  if (/^[a-z]+:/i.test(href) || href.startsWith('//')) return undefined
  if (href.startsWith('#')) return undefined
  const url = new URL(href, `http://localhost/${from}`)
  return paths.help(url.pathname.slice(1).replace(/\.md$/, '')) + url.hash
}

const SECTIONS = ['tutorials', 'how-to', 'reference', 'explanation', 'command-line']

function Contents({ pages, current }: { pages: HelpPage[]; current?: string }) {
  const { t } = useTranslation()
  return (
    <div>
      {SECTIONS.map((section) => {
        const mine = pages.filter((page) => page.id.startsWith(`${section}/`))
        if (mine.length === 0) return null
        return (
          <div key={section}>
            <div className="nav-title">{t(`help.${section}`)}</div>
            <ul className="nav">
              {mine.map((page) => (
                <li key={page.id}>
                  <Link href={paths.help(page.id)} aria-current={page.id === current ? 'page' : undefined}>
                    <span className="clip">{page.title}</span>
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        )
      })}
      <div className="nav-title">{t('nav.more')}</div>
      <ul className="nav">
        <li>
          <Link href={paths.help('errors')} aria-current={current === 'errors' ? 'page' : undefined}>
            {t('help.errors')}
          </Link>
        </li>
        <li>
          <Link href={paths.help('keys')} aria-current={current === 'keys' ? 'page' : undefined}>
            {t('shell.keys')}
          </Link>
        </li>
        <li>
          <Link href={paths.help('about')} aria-current={current === 'about' ? 'page' : undefined}>
            {t('help.about')}
          </Link>
        </li>
        <li>
          <a href="/api/openapi.json" download="openapi.json">
            {t('help.openapi')}
          </a>
        </li>
      </ul>
    </div>
  )
}

function Index({ pages, errors, only }: { pages: HelpPage[]; errors: Record<string, { title: string }>; only?: 'errors' }) {
  const { t } = useTranslation()
  return (
    <div className="stack wide">
      {!only &&
        SECTIONS.map((section) => {
          const mine = pages.filter((page) => page.id.startsWith(`${section}/`))
          return mine.length === 0 ? null : (
            <Card key={section} title={t(`help.${section}`)}>
              <ul style={{ listStyle: 'none' }} className="stack tight">
                {mine.map((page) => (
                  <li key={page.id}>
                    <Link href={paths.help(page.id)}>{page.title}</Link>
                    <div className="muted">{page.text.replace(/^#.*\n+/, '').split('\n')[0]?.replaceAll(/[`*]/g, '')}</div>
                  </li>
                ))}
              </ul>
            </Card>
          )
        })}
      {only && (
        <Card title={t('help.errors')} flush>
          <table className="table">
            <tbody>
              {Object.entries(errors).map(([one, page]) => (
                <tr key={one}>
                  <td className="fit">
                    <Link href={paths.errorPage(one)}>
                      <code>{one}</code>
                    </Link>
                  </td>
                  <td>{page.title}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      )}
    </div>
  )
}

function Hits({ hits, onOpen }: { hits: ReturnType<typeof find>; onOpen: () => void }) {
  const { t } = useTranslation()
  return (
    <Card title={t('help.found', { count: hits.length })}>
      <ul style={{ listStyle: 'none' }} className="stack">
        {hits.map((hit) => (
          <li key={hit.id}>
            <Link href={paths.help(hit.id)} onClick={onOpen}>
              {hit.title}
            </Link>
            <div className="muted">{hit.excerpt}</div>
          </li>
        ))}
      </ul>
    </Card>
  )
}
