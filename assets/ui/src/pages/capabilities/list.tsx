// The catalogue: find a capability and run it.
import { AppstoreOutlined, PlusOutlined, SearchOutlined, UnorderedListOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { capabilities } from '@/api/capabilities'
import type { CapabilitySummary } from '@/api/types'
import { may, useMe } from '@/hooks/me'
import { useUrlState } from '@/hooks/url-state'
import { HelpLink } from '@/parts/help-link'
import { AreaTabs } from '@/parts/area-tabs'
import { Loaded } from '@/parts/loaded'
import { Pager } from '@/parts/pager'
import { PhaseTag, PlainTag, RiskTag, VersionTag } from '@/parts/tags'
import { Ago } from '@/parts/time'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

const LIMIT = 50

export default function Capabilities() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const [state, change] = useUrlState()
  const [text, setText] = useState(state.q ?? '')
  const { q, tag, kind, state: stage, cursor } = state
  const query = useQuery({
    queryKey: ['capabilities', { q, tag, kind, stage, cursor }],
    queryFn: ({ signal }) => capabilities.list({ q, tag, kind, state: stage, cursor, limit: LIMIT }, signal),
    placeholderData: keepPreviousData,
  })
  const filtered = Boolean(q || tag || kind || stage)
  const canRegister = may(me, 'capability.register')
  const tiles = state.view === 'tiles'
  return (
    <Page
      title={t('nav.capabilities')}
      actions={
        canRegister && (
          <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => navigate(paths.register())}>
            {t('register.title')}
          </Button>
        )
      }
      meta={<HelpLink page="explanation/capabilities" />}
    >
      <AreaTabs area="capabilities" current="catalogue" />
      <div className="card">
        <div className="filters" role="search">
          <Input
            className="search"
            type="search"
            allowClear
            prefix={<SearchOutlined aria-hidden />}
            aria-label={t('capabilities.search')}
            placeholder={t('capabilities.search')}
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              change({ q: event.target.value.trim() }, 'replace')
            }}
          />
          <Select
            aria-label={t('capabilities.kind')}
            value={kind ?? ''}
            onChange={(value) => change({ kind: value })}
            options={[{ value: '', label: t('capabilities.any_kind') }, ...['python', 'shell', 'http'].map((value) => ({ value, label: t(`kind.${value}`) }))]}
            style={{ minWidth: 130 }}
          />
          <Select
            aria-label={t('capabilities.state')}
            value={stage ?? ''}
            onChange={(value) => change({ state: value })}
            options={[{ value: '', label: t('capabilities.any_state') }, ...['draft', 'published', 'deprecated'].map((value) => ({ value, label: t(`version_state.${value}`) }))]}
            style={{ minWidth: 130 }}
          />
          {tag && (
            <Button size="small" onClick={() => change({ tag: null })}>
              {t('capabilities.tag', { tag })} ×
            </Button>
          )}
          <span className="grow" />
          <span className="row tight" style={{ flexWrap: 'nowrap' }}>
            <button type="button" className="icon-button" aria-pressed={!tiles} aria-label={t('capabilities.as_list')} title={t('capabilities.as_list')} onClick={() => change({ view: null })}>
              <UnorderedListOutlined aria-hidden />
            </button>
            <button type="button" className="icon-button" aria-pressed={tiles} aria-label={t('capabilities.as_tiles')} title={t('capabilities.as_tiles')} onClick={() => change({ view: 'tiles' })}>
              <AppstoreOutlined aria-hidden />
            </button>
          </span>
        </div>
        <Loaded query={query} rows={8}>
          {(page) =>
            page.items.length === 0 ? (
              filtered || cursor ? (
                <Empty why={t('capabilities.none_match')}>
                  <Button
                    onClick={() => {
                      setText('')
                      change({ q: null, tag: null, kind: null, state: null })
                    }}
                  >
                    {t('common.clear_filters')}
                  </Button>
                </Empty>
              ) : (
                <Empty why={t('capabilities.none')} what={t('capabilities.none_what')}>
                  {canRegister && (
                    <Button type="primary" onClick={() => navigate(paths.register())}>
                      {t('register.title')}
                    </Button>
                  )}
                  <Link href={paths.help('tutorials/first-capability')}>{t('capabilities.learn')}</Link>
                </Empty>
              )
            ) : (
              <>
                {tiles ? <Tiles items={page.items} /> : <Rows items={page.items} />}
                <Pager next={page.next} shown={page.items.length} />
              </>
            )
          }
        </Loaded>
      </div>
    </Page>
  )
}

function RunButton({ unit }: { unit: CapabilitySummary }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  return (
    <Button
      size="small"
      disabled={!unit.can_run}
      title={unit.can_run ? undefined : t(unit.current ? 'capabilities.may_not_run' : 'capabilities.nothing_published')}
      aria-label={t('capabilities.run_name', { name: unit.title })}
      onClick={() => navigate(paths.runForm(unit.name))}
    >
      {t('capabilities.run')}
    </Button>
  )
}

function Rows({ items }: { items: CapabilitySummary[] }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  return (
    <DataTable
      label={t('nav.capabilities')}
      rows={items}
      rowKey={(unit) => unit.name}
      onOpen={(unit) => navigate(paths.capability(unit.name))}
      columns={[
        {
          id: 'name',
          title: t('capabilities.capability'),
          wrap: true,
          cell: (unit) => (
            <div>
              <Link href={paths.capability(unit.name)}>
                <strong>{unit.title}</strong>
              </Link>{' '}
              {unit.title !== unit.name && <code className="muted">{unit.name}</code>}
              {unit.description && <div className="muted clip" style={{ maxWidth: 560 }}>{unit.description.split('\n')[0]}</div>}
            </div>
          ),
        },
        { id: 'kind', title: t('capabilities.kind'), kind: 'fit', cell: (unit) => t(`kind.${unit.kind}`) },
        { id: 'risk', title: t('capabilities.risk'), kind: 'fit', cell: (unit) => <RiskTag risk={unit.risk} /> },
        {
          id: 'state',
          title: t('capabilities.state'),
          kind: 'fit',
          cell: (unit) => (
            <span className="row tight" style={{ flexWrap: 'nowrap' }}>
              <VersionTag state={unit.state} />
              <span className="num muted">{t('capabilities.version_n', { n: unit.current ?? unit.latest })}</span>
            </span>
          ),
        },
        { id: 'owner', title: t('capabilities.owner'), cell: (unit) => unit.owner ?? <span className="muted">–</span> },
        {
          id: 'tags',
          title: t('capabilities.tags'),
          cell: (unit) => (
            <span className="row tight">
              {unit.tags.map((tag) => (
                <Link key={tag} href={paths.capabilities({ tag })}>
                  <PlainTag>{tag}</PlainTag>
                </Link>
              ))}
            </span>
          ),
        },
        {
          id: 'last',
          title: t('capabilities.last_run'),
          kind: 'fit',
          cell: (unit) =>
            unit.last_run ? (
              <Link href={paths.run(unit.last_run.id)} className="row tight" style={{ flexWrap: 'nowrap' }}>
                <PhaseTag phase={unit.last_run.phase} /> <Ago at={unit.last_run.at} />
              </Link>
            ) : (
              <span className="muted">{t('capabilities.never_run')}</span>
            ),
        },
        { id: 'run', title: <span className="visually-hidden">{t('capabilities.run')}</span>, kind: 'fit', cell: (unit) => <RunButton unit={unit} /> },
      ]}
    />
  )
}

function Tiles({ items }: { items: CapabilitySummary[] }) {
  const { t } = useTranslation()
  return (
    <ul className="tiles">
      {items.map((unit) => (
        <li key={unit.name} className="tile">
          <Link href={paths.capability(unit.name)}>
            <strong>{unit.title}</strong>
          </Link>
          <code className="muted clip">{unit.name}</code>
          <p>{unit.description.split('\n')[0] || t('capabilities.no_description')}</p>
          <div className="row tight">
            <RiskTag risk={unit.risk} />
            <VersionTag state={unit.state} />
            <PlainTag>{t(`kind.${unit.kind}`)}</PlainTag>
          </div>
          <div className="row">
            <span className="grow muted">{unit.last_run ? <Ago at={unit.last_run.at} /> : t('capabilities.never_run')}</span>
            <RunButton unit={unit} />
          </div>
        </li>
      ))}
    </ul>
  )
}
