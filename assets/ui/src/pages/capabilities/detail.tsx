// One capability: its tabs, and the actions that concern it as a whole.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useParams } from 'wouter'
import { capabilities } from '@/api/capabilities'
import { may, useMe } from '@/hooks/me'
import { Loaded } from '@/parts/loaded'
import { RiskTag, VersionTag } from '@/parts/tags'
import { ZoneNote } from '@/parts/time'
import { NotFound } from '@/pages/errors'
import { type CapabilityTab, paths } from '@/paths'
import { Page } from '@/ui/page'
import { Skeleton } from '@/ui/skeleton'
import { Tabs } from '@/ui/tabs'

const Overview = lazy(() => import('./tabs/overview'))
const Run = lazy(() => import('./tabs/run'))
const Source = lazy(() => import('./tabs/source'))
const Versions = lazy(() => import('./tabs/versions'))
const RunsTab = lazy(() => import('./tabs/runs'))
const Webhooks = lazy(() => import('./tabs/webhooks'))
const AuditTab = lazy(() => import('./tabs/audit'))

const TABS: CapabilityTab[] = ['overview', 'run', 'source', 'versions', 'runs', 'webhooks', 'audit']
const NEEDS: Partial<Record<CapabilityTab, string>> = { source: 'capability.view_source', runs: 'run.view', webhooks: 'webhook.view', audit: 'audit.view' }

export default function Capability() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const params = useParams<{ name: string; tab?: string }>()
  const name = decodeURIComponent(params.name)
  const tab = (params.tab ?? 'overview') as CapabilityTab
  const query = useQuery({ queryKey: ['capability', name], queryFn: () => capabilities.show(name) })
  if (!TABS.includes(tab)) return <NotFound />
  const tabs = TABS.filter((id) => !NEEDS[id] || may(me, NEEDS[id]))
  return (
    <Loaded query={query} page>
      {(unit) => (
        <Page
          title={unit.title}
          crumbs={[{ to: paths.capabilities(), text: t('nav.capabilities') }]}
          meta={
            <>
              <code>{unit.name}</code>
              <VersionTag state={unit.state} />
              <span>{t('capabilities.version_n', { n: unit.current ?? unit.latest })}</span>
              <RiskTag risk={unit.risk} />
              <ZoneNote />
            </>
          }
          actions={
            <>
              {may(me, 'capability.register') && <Button onClick={() => navigate(paths.register({ name: unit.name }))}>{t('capability.new_version')}</Button>}
              {tab !== 'run' && (
                <Button
                  type="primary"
                  disabled={!unit.can_run}
                  title={unit.can_run ? undefined : t(unit.current ? 'capabilities.may_not_run' : 'capabilities.nothing_published')}
                  onClick={() => navigate(paths.runForm(unit.name))}
                >
                  {t('capabilities.run')}
                </Button>
              )}
            </>
          }
        >
          <Tabs label={unit.title} current={tab} tabs={tabs.map((id) => ({ id, to: paths.capability(unit.name, id), text: t(`capability.tab_${id}`) }))} />
          <Suspense fallback={<Skeleton label={t('common.loading')} rows={6} />}>
            {tab === 'overview' && <Overview unit={unit} />}
            {tab === 'run' && <Run unit={unit} />}
            {tab === 'source' && <Source unit={unit} />}
            {tab === 'versions' && <Versions unit={unit} />}
            {tab === 'runs' && <RunsTab unit={unit} />}
            {tab === 'webhooks' && <Webhooks unit={unit} />}
            {tab === 'audit' && <AuditTab unit={unit} />}
          </Suspense>
        </Page>
      )}
    </Loaded>
  )
}
