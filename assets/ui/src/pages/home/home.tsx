// What needs me: running now, failed lately, warnings of the appliance. No vanity charts.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { capabilities } from '@/api/capabilities'
import { runs, runUrl } from '@/api/runs'
import { system } from '@/api/system'
import type { RunSummary } from '@/api/types'
import { may, useMe } from '@/hooks/me'
import { useStream } from '@/hooks/stream'
import { Frozen, Waiting } from '@/parts/desk'
import { Loaded } from '@/parts/loaded'
import { type RunColumn, runColumns } from '@/parts/run-table'
import { PhaseTag } from '@/parts/tags'
import { Ago, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

const ACTIVE = 'awaiting_confirmation,awaiting_approval,queued,running'
const FAILED = 'failed,timed_out,interrupted'
const COLUMNS: RunColumn[] = ['phase', 'id', 'capability', 'requester', 'created', 'wall']

export default function Home() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  const sees = may(me, 'run.view')
  useStream(sees ? runUrl.allStream : undefined, 'run', () => void queries.invalidateQueries({ queryKey: ['runs', 'home'] }))
  return (
    <Page
      title={t('nav.home')}
      heading={t('home.hello', { name: me?.display_name || me?.name || '' })}
      meta={<ZoneNote />}
      actions={
        <>
          {may(me, 'capability.register') && (
            <Button icon={<PlusOutlined aria-hidden />} onClick={() => navigate(paths.register())}>
              {t('register.title')}
            </Button>
          )}
          <Button type="primary" onClick={() => navigate(paths.capabilities())}>
            {t('home.find_capability')}
          </Button>
        </>
      }
    >
      <div className="stack wide">
        {may(me, 'approval.view') && <Waiting />}
        {may(me, 'system.doctor') && <Warnings />}
        {may(me, 'freeze.view') && <Frozen />}
        {sees && (
          <div className="two-columns">
            <div className="stack wide">
              <RunsCard title={t('home.active')} phase={ACTIVE} empty={t('home.none_active')} />
              <RunsCard title={t('home.failed')} phase={FAILED} empty={t('home.none_failed')} />
              <RunsCard title={t('home.mine')} requester={me?.name} empty={t('home.none_mine')} />
            </div>
            <Recent />
          </div>
        )}
      </div>
    </Page>
  )
}

function RunsCard({ title, phase, requester, empty }: { title: string; phase?: string; requester?: string; empty: string }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const query = useQuery({ queryKey: ['runs', 'home', phase, requester], queryFn: ({ signal }) => runs.list({ phase, requester, limit: 6 }, signal) })
  return (
    <Card title={title} flush extra={<Link href={paths.runs({ phase, requester })}>{t('home.all')}</Link>}>
      <Loaded query={query} rows={2}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty why={empty} />
          ) : (
            <DataTable<RunSummary> label={title} columns={runColumns(t, COLUMNS)} rows={page.items} rowKey={(run) => run.id} onOpen={(run) => navigate(paths.run(run.id))} />
          )
        }
      </Loaded>
    </Card>
  )
}

function Recent() {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['capabilities', 'home'], queryFn: ({ signal }) => capabilities.list({ limit: 12 }, signal) })
  return (
    <Card title={t('nav.capabilities')} flush extra={<Link href={paths.capabilities()}>{t('home.all')}</Link>}>
      <Loaded query={query} rows={4}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty why={t('capabilities.none')} what={t('capabilities.none_what')} />
          ) : (
            <table className="table">
              <tbody>
                {page.items.map((unit) => (
                  <tr key={unit.name}>
                    <td className="wrap">
                      <Link href={paths.capability(unit.name)}>{unit.title}</Link> {unit.title !== unit.name && <code className="muted">{unit.name}</code>}
                      <div className="muted row tight">
                        {unit.last_run ? (
                          <>
                            <PhaseTag phase={unit.last_run.phase} /> <Ago at={unit.last_run.at} />
                          </>
                        ) : (
                          t('capabilities.never_run')
                        )}
                      </div>
                    </td>
                    <td className="fit">{unit.can_run && <Link href={paths.runForm(unit.name)} aria-label={t('capabilities.run_name', { name: unit.title })}>{t('capabilities.run')}</Link>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Card>
  )
}

function Warnings() {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['doctor'], queryFn: system.doctor, staleTime: 60_000 })
  const bad = query.data?.checks.filter((check) => check.state !== 'ok') ?? []
  if (bad.length === 0) return null
  const failed = bad.some((check) => check.state === 'failed')
  return (
    <Notice tone={failed ? 'bad' : 'wait'} title={t('home.doctor', { count: bad.length })} actions={<Link href={paths.health()}>{t('home.see_health')}</Link>}>
      {bad
        .slice(0, 3)
        .map((check) => t(`doctor.${check.id.replaceAll('.', '_')}`, { defaultValue: check.title }))
        .join(' · ')}
    </Notice>
  )
}
