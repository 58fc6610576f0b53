// One run from request to receipt, live while it lasts.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useEffectEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation, useParams } from 'wouter'
import { runs, runUrl } from '@/api/runs'
import type { RunDetail, RunSummary } from '@/api/types'
import { formatDuration, shortId } from '@/format'
import { may, useMe } from '@/hooks/me'
import { useStream } from '@/hooks/stream'
import { useNow } from '@/hooks/time'
import { NotFound } from '@/pages/errors'
import { ActorName } from '@/parts/actor'
import { Elapsed } from '@/parts/elapsed'
import { HoldPanel } from '@/parts/hold-panel'
import { Loaded } from '@/parts/loaded'
import { errorTitle } from '@/parts/problem'
import { RunActions } from '@/parts/run-actions'
import { PhaseTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { paths, type RunTab } from '@/paths'
import { Notice } from '@/ui/notice'
import { CopyButton } from '@/ui/copy'
import { Page } from '@/ui/page'
import { Skeleton } from '@/ui/skeleton'
import { Tabs } from '@/ui/tabs'
import { isTyping } from '@/ui/typing'

const LogViewer = lazy(() => import('@/parts/log/viewer'))
const Timeline = lazy(() => import('./tabs/timeline'))
const Inputs = lazy(() => import('./tabs/inputs'))
const Outputs = lazy(() => import('./tabs/outputs'))
const Receipt = lazy(() => import('./tabs/receipt'))
const Events = lazy(() => import('./tabs/events'))

const TABS: RunTab[] = ['log', 'timeline', 'inputs', 'outputs', 'receipt', 'audit']
export const FINAL = new Set(['succeeded', 'failed', 'timed_out', 'cancelled', 'interrupted', 'declined', 'rejected', 'expired'])

export default function Run() {
  const params = useParams<{ id: string; tab?: string }>()
  const id = decodeURIComponent(params.id)
  const tab = (params.tab ?? 'log') as RunTab
  const query = useQuery({ queryKey: ['run', id], queryFn: ({ signal }) => runs.show(id, signal), staleTime: 1_000 })
  if (!TABS.includes(tab)) return <NotFound />
  return (
    <Loaded query={query} page>
      {(run) => <RunPage key={run.id} run={run} tab={tab} />}
    </Loaded>
  )
}

/** How long it will take if it goes on as it went so far. */
function Left({ since, percent }: { since: string; percent: number }) {
  const { t } = useTranslation()
  const spent = useNow() - new Date(since).getTime()
  if (percent < 1 || percent >= 100 || spent < 2_000) return null
  return <span className="muted num">{t('run.eta', { left: formatDuration(Math.round(((spent / percent) * (100 - percent)) / 1000) * 1000) })}</span>
}

function RunPage({ run, tab }: { run: RunDetail; tab: RunTab }) {
  const { t } = useTranslation()
  const me = useMe()
  const queries = useQueryClient()
  const [, navigate] = useLocation()
  const final = FINAL.has(run.phase)
  useStream(final ? undefined : runUrl.stream(run.id), 'run', (data) => {
    const { run: change } = data as { run: RunSummary }
    queries.setQueryData<RunDetail>(['run', run.id], (was) => (was ? { ...was, ...change } : was))
    if (FINAL.has(change.phase) || change.phase !== run.phase) void queries.invalidateQueries({ queryKey: ['run', run.id] })
  })
  const key = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === 'r' && !isTyping(event) && !event.ctrlKey && !event.metaKey && !event.altKey) navigate(paths.runForm(run.capability, { from: run.id }))
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent) => key(event)
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
  const tabs = TABS.filter((one) => one !== 'audit' || may(me, 'audit.view') || may(me, 'run.view'))
  const outputs = (run.result === undefined || run.result === null ? 0 : 1) + run.artifacts.length
  return (
    <Page
      title={`${run.capability} · ${shortId(run.id)}`}
      crumbs={[{ to: paths.runs(), text: t('nav.runs') }]}
      heading={
        <span className="row">
          <Link href={paths.capability(run.capability)}>{run.capability}</Link>
          <PhaseTag phase={run.phase} />
        </span>
      }
      meta={
        <>
          <span className="row tight">
            <code className="break">{run.id}</code>
            <CopyButton text={run.id} label={t('run.copy_id')} />
          </span>
          <Link href={paths.source(run.capability, run.version)}>{t('capabilities.version_n', { n: run.version })}</Link>
          <span>
            <ActorName actor={run.requester} /> · {t(`trigger.${run.trigger}`)}
          </span>
          <Time at={run.created_at} />
          <span className="num">{final ? formatDuration(run.wall_ms) : run.started_at ? <Elapsed since={run.started_at} /> : null}</span>
          <ZoneNote />
        </>
      }
      actions={<RunActions run={run} />}
    >
      <div className="stack">
        <span className="visually-hidden" role="status">
          {t('run.is', { phase: t(`phase.${run.phase}`) })}
        </span>
        {run.phase === 'running' && run.progress && (
          <div className="row">
            <div className="bar grow" role="progressbar" aria-label={t('run.progress')} aria-valuenow={Math.round(run.progress.percent)} aria-valuemin={0} aria-valuemax={100}>
              <span style={{ width: `${Math.min(100, Math.max(0, run.progress.percent))}%` }} />
            </div>
            <span className="num">
              {Math.round(run.progress.percent)} % {run.progress.text}
            </span>
            {run.started_at && <Left since={run.started_at} percent={run.progress.percent} />}
          </div>
        )}
        {final && run.phase !== 'succeeded' && (run.detail || run.reason_code) && (
          <Notice tone={run.phase === 'cancelled' ? 'calm' : 'bad'} title={errorTitle(run.reason_code) ?? run.reason_code ?? t(`phase.${run.phase}`)}>
            {run.detail && <div lang="en">{run.detail}</div>}
            {run.reason_code && <Link href={paths.errorPage(run.reason_code)}>{t('errors.what_to_do', { code: run.reason_code })}</Link>}
          </Notice>
        )}
        {run.phase === 'queued' && run.waits_for === 'vault' && (
          <Notice tone="wait" title={t('run.waits_vault')}>
            {t('run.waits_vault_what')}
          </Notice>
        )}
        <HoldPanel run={run} />
        <Tabs
          label={t('run.tabs')}
          current={tab}
          tabs={tabs.map((one) => ({ id: one, to: paths.run(run.id, one), text: one === 'outputs' && outputs > 0 ? `${t('run.tab_outputs')} (${outputs})` : t(`run.tab_${one}`) }))}
        />
      </div>
      <Suspense fallback={<Skeleton label={t('common.loading')} rows={8} />}>
        {tab === 'log' && <LogViewer run={run.id} startedAt={run.started_at} />}
        {tab === 'timeline' && <Timeline run={run} />}
        {tab === 'inputs' && <Inputs run={run} />}
        {tab === 'outputs' && <Outputs run={run} />}
        {tab === 'receipt' && <Receipt run={run} />}
        {tab === 'audit' && <Events run={run} />}
      </Suspense>
    </Page>
  )
}
