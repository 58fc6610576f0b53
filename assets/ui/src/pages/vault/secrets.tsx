// Secrets by name: whose they are, until when they are good, who used them last. Their values are nowhere in it.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { PlusOutlined, SearchOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { secrets } from '@/api/secrets'
import type { SecretDomain, SecretSummary } from '@/api/types'
import { SecretSet } from '@/forms/secret-set'
import { formatCount, shortId } from '@/format'
import { may, secretDomains, useMe } from '@/hooks/me'
import { useUrlState } from '@/hooks/url-state'
import { Forbidden } from '@/pages/errors'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Pager } from '@/parts/pager'
import { SecretTag } from '@/parts/secret-tag'
import { Ago, Time, ZoneNote } from '@/parts/time'
import { VaultReminder } from '@/parts/vault-state'
import { paths } from '@/paths'
import { type Column, DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'
import { Tabs } from '@/ui/tabs'

const LIMIT = 50

export default function Secrets() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const [state, change] = useUrlState()
  const [text, setText] = useState(state.prefix ?? '')
  const [adding, setAdding] = useState(false)
  const domains = secretDomains(me)
  const domain = (domains.find((one) => one === state.domain) ?? domains[0] ?? 'tenant') as SecretDomain
  const { prefix, cursor } = state
  const query = useQuery({
    queryKey: ['secrets', domain, { prefix, cursor }],
    queryFn: ({ signal }) => secrets.list({ domain, prefix, cursor, limit: LIMIT }, signal),
    placeholderData: keepPreviousData,
    enabled: domains.length > 0,
  })
  const canAdd = may(me, domain === 'platform' ? 'resource.manage' : 'secret.update')
  if (me && domains.length === 0) return <Forbidden />
  return (
    <Page
      title={t('nav.secrets')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/keep-secrets" />
        </>
      }
      actions={
        <Button type="primary" icon={<PlusOutlined aria-hidden />} disabled={!canAdd} title={canAdd ? undefined : t('users.may_not')} onClick={() => setAdding(true)}>
          {t('secret.add')}
        </Button>
      }
    >
      <AreaTabs area="credentials" current="secrets" />
      <div className="stack wide">
        <VaultReminder />
        <div className="card">
          {domains.length > 1 && <Tabs label={t('secret.whose')} current={domain} tabs={domains.map((id) => ({ id, to: paths.secrets({ domain: id }), text: t(`secret.of_${id}`) }))} />}
          <div className="filters" role="search">
            <Input
              className="search"
              type="search"
              allowClear
              prefix={<SearchOutlined aria-hidden />}
              aria-label={t('secret.search')}
              placeholder={t('secret.search')}
              value={text}
              onChange={(event) => {
                setText(event.target.value)
                change({ prefix: event.target.value.trim() }, 'replace')
              }}
            />
          </div>
          <Loaded query={query} rows={8}>
            {(page) =>
              page.items.length === 0 ? (
                prefix || cursor ? (
                  <Empty why={t('secret.none_match')}>
                    <Button
                      onClick={() => {
                        setText('')
                        change({ prefix: null })
                      }}
                    >
                      {t('common.clear_filters')}
                    </Button>
                  </Empty>
                ) : (
                  <Empty why={t('secret.none')} what={t(`secret.none_what_${domain}`)} />
                )
              ) : (
                <>
                  <DataTable
                    label={t('nav.secrets')}
                    rows={page.items}
                    rowKey={(row) => row.name}
                    onOpen={(row) => row.facts && navigate(paths.secret(row.name, domain))}
                    columns={columns(t, domain, page.items)}
                  />
                  <Pager next={page.next} shown={page.items.length} total={page.total} atLeast={page.total_is_lower_bound} />
                </>
              )
            }
          </Loaded>
        </div>
      </div>
      {adding && <SecretSet domain={domain} onClose={() => setAdding(false)} onDone={(name) => navigate(paths.secret(name, domain))} />}
    </Page>
  )
}

/** Who may see names only is shown names only. */
function columns(t: TFunction, domain: SecretDomain, rows: SecretSummary[]): Column<SecretSummary>[] {
  const sourced = rows.some((row) => row.facts?.source)
  const name: Column<SecretSummary> = { id: 'name', title: t('secret.name'), cell: (row) => (row.facts ? <Link href={paths.secret(row.name, domain)}>{row.name}</Link> : <code>{row.name}</code>) }
  if (!rows.some((row) => row.facts)) return [name]
  return [
    name,
    { id: 'state', title: t('capabilities.state'), kind: 'fit', cell: (row) => row.facts && <SecretTag state={row.facts.state} /> },
    ...(sourced ? [{ id: 'source', title: t('secret.read_from'), cell: (row: SecretSummary) => (row.facts?.source ? <Link href={paths.resource(row.facts.source.resource)}>{row.facts.source.resource}</Link> : <span className="muted">–</span>) }] : []),
    { id: 'description', title: t('secret.description'), wrap: true, cell: (row) => row.facts?.description || <span className="muted">–</span> },
    { id: 'owner', title: t('capabilities.owner'), cell: (row) => row.facts?.owner || <span className="muted">–</span> },
    { id: 'version', title: t('runs.version'), kind: 'right', cell: (row) => <span className="num">{row.facts?.version ?? '–'}</span> },
    { id: 'expires', title: t('secret.expires'), kind: 'fit', cell: (row) => (row.facts?.expires_at ? <Time at={row.facts.expires_at} /> : <span className="muted">{t('secret.never')}</span>) },
    { id: 'grants', title: t('secret.grants'), kind: 'right', cell: (row) => <span className="num">{formatCount(row.facts?.grants ?? 0)}</span> },
    {
      id: 'used',
      title: t('secret.last_used'),
      kind: 'fit',
      cell: (row) =>
        row.facts?.last_used_at ? (
          <>
            <Ago at={row.facts.last_used_at} /> {row.facts.last_used_by && <Link href={paths.run(row.facts.last_used_by)}>{shortId(row.facts.last_used_by)}</Link>}
          </>
        ) : (
          <span className="muted">{t('secret.not_used')}</span>
        ),
    },
  ]
}
