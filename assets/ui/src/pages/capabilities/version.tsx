// One version under review: what it changes, what the checklist misses, its history, and what may be done with it by whom.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'wouter'
import { capabilities } from '@/api/capabilities'
import type { CapabilityDetail, VersionDetail, VersionSummary } from '@/api/types'
import { actsOf, type VersionAct, VersionChange } from '@/forms/version-change'
import { RemarkAdd } from '@/forms/remark-add'
import { short } from '@/format'
import { may, useMe } from '@/hooks/me'
import { useUrlState } from '@/hooks/url-state'
import { Checklist } from '@/parts/checklist'
import { HelpLink } from '@/parts/help-link'
import { Late } from '@/parts/late'
import { Loaded } from '@/parts/loaded'
import { LimitFacts, Writes } from '@/parts/plan-panel'
import { RiskTag, VersionTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { DiffBody } from '@/parts/version-diff'
import { Publications } from '@/parts/publications'
import { LineRemark, Remarks, useRemarks } from '@/parts/remarks'
import { VersionCheck } from '@/parts/version-check'
import { useWhyNot } from '@/parts/why-not'
import { NotFound } from '@/pages/errors'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { Facts } from '@/ui/facts'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

const Code = lazy(() => import('@/ui/code'))

export default function Version() {
  const params = useParams<{ name: string; number: string }>()
  const name = decodeURIComponent(params.name)
  const number = Number(params.number)
  const real = Number.isInteger(number) && number > 0
  const unit = useQuery({ queryKey: ['capability', name], queryFn: () => capabilities.show(name), enabled: real })
  const version = useQuery({ queryKey: ['capability', name, 'version', number], queryFn: () => capabilities.version(name, number), enabled: real })
  if (!real) return <NotFound />
  return (
    <Loaded query={unit} page>
      {(found) => (
        <Loaded query={version} page>
          {(detail) => <VersionPage key={detail.number} unit={found} version={detail} />}
        </Loaded>
      )}
    </Loaded>
  )
}

function VersionPage({ unit, version }: { unit: CapabilityDetail; version: VersionDetail }) {
  const { t } = useTranslation()
  const me = useMe()
  const queries = useQueryClient()
  const [act, setAct] = useState<VersionAct>()
  const acts = actsOf(version, me?.mode)
  const missing = version.checklist.filter((item) => item.state === 'missing').length
  return (
    <Page
      title={t('versions.title', { capability: unit.title, n: version.number })}
      crumbs={[
        { to: paths.capabilities(), text: t('nav.capabilities') },
        { to: paths.capability(unit.name), text: unit.title },
        { to: paths.capability(unit.name, 'versions'), text: t('capability.tab_versions') },
      ]}
      meta={
        <>
          <VersionTag state={version.state} />
          {version.current && <span className="tag busy">{t('versions.current')}</span>}
          <RiskTag risk={version.manifest.risk} />
          <ZoneNote />
          <HelpLink page="how-to/review-a-version" />
        </>
      }
      actions={acts.map((one, i) => (
        <ActButton key={one} unit={unit} version={version} act={one} primary={i === acts.length - 1} onAct={() => setAct(one)} />
      ))}
    >
      <div className="stack wide">
        {version.state === 'in_review' && <Notice tone="wait" title={t('versions.waits_review')}>{missing > 0 && <div>{t('versions.missing', { count: missing })}</div>}{version.review && <Link href={paths.approval(version.review)}>{t('versions.review_request')}</Link>}</Notice>}
        {version.scheduled && <Notice tone="calm" title={t('versions.scheduled')}><Time at={version.scheduled} /></Notice>}
        <div className="two-columns">
          <Changes unit={unit} version={version} />
          <div className="stack wide">
            <Card title={t('versions.changelog')}>
              {version.changelog ? <p className="break">{version.changelog}</p> : <p className="muted">–</p>}
              {version.comment && <p className="muted break">{version.comment}</p>}
            </Card>
            <Card title={t('checklist.title')}>
              <Checklist items={version.checklist} />
            </Card>
            <VersionCheck name={unit.name} version={version} canTry={unit.actions.includes('capability.run_draft')} />
            <Card title={t('common.details')}>
              <VersionFacts unit={unit} version={version} />
            </Card>
            <Card title={t('versions.history')}>
              <Publications name={unit.name} />
            </Card>
          </div>
        </div>
      </div>
      {act && (
        <VersionChange
          unit={unit}
          act={act}
          version={version}
          onClose={() => setAct(undefined)}
          onDone={() => {
            void queries.invalidateQueries({ queryKey: ['capability', unit.name] })
            void queries.invalidateQueries({ queryKey: ['why'] })
          }}
        />
      )}
    </Page>
  )
}

/** The reason comes from the appliance, for this very version: its author may hold the role and still not publish it. */
function ActButton({ unit, version, act, primary, onAct }: { unit: CapabilityDetail; version: VersionSummary; act: VersionAct; primary: boolean; onAct: () => void }) {
  const { t } = useTranslation()
  const grave = act === 'deprecate' || act === 'retire'
  const why = useWhyNot(`capability.${act === 'retire' ? 'deprecate' : act}`, { kind: 'capability', name: unit.name, version: version.number })
  return (
    <Button type={primary && !grave ? 'primary' : 'default'} danger={grave} disabled={why !== undefined} title={why} onClick={onAct}>
      {t(`versions.${act}`)}
    </Button>
  )
}

function Changes({ unit, version }: { unit: CapabilityDetail; version: VersionDetail }) {
  const { t } = useTranslation()
  const me = useMe()
  const [state, change] = useUrlState()
  const versions = useQuery({ queryKey: ['capability', unit.name, 'versions'], queryFn: () => capabilities.versions(unit.name) })
  const others = (versions.data?.items ?? []).filter((one) => one.number !== version.number)
  const usual = unit.current && unit.current !== version.number ? unit.current : others.find((one) => one.number < version.number)?.number
  const from = Number(state.against) || usual
  const remarks = useRemarks(unit.name, version.number)
  const [at, setAt] = useState<{ path: string; line: number }>()
  const notes = (path: string) => ({
    below: (line: number) => remarks.data?.items.filter((one) => one.path === path && one.line === line).map((one) => <LineRemark key={one.id} one={one} />),
    onRemark: unit.actions.includes('capability.comment') ? (line: number) => setAt({ path, line }) : undefined,
  })
  const diff = useQuery({ queryKey: ['capability', unit.name, 'diff', from, version.number], queryFn: () => capabilities.diff(unit.name, from ?? 0, version.number), enabled: from !== undefined && may(me, 'capability.view_source') })
  return (
    <div className="stack wide">
      <Card
        title={from && from === unit.current ? t('versions.changes_since', { n: from }) : t('approvals.changes')}
        extra={
          others.length > 0 && (
            <Select
              size="small"
              aria-label={t('versions.compare_with')}
              value={from}
              onChange={(value) => change({ against: String(value) }, 'replace')}
              options={others.map((one) => ({ value: one.number, label: `${t('capabilities.version_n', { n: one.number })}${one.current ? ` · ${t('versions.current')}` : ''}` }))}
              style={{ minWidth: 110 }}
            />
          )
        }
      >
        <div className="stack">
          {from === undefined ? (
            <FirstSource name={unit.name} version={version} />
          ) : !may(me, 'capability.view_source') ? (
            <p className="muted">{t('versions.may_not')}</p>
          ) : (
            <Loaded query={diff}>
              {(found) => (
                <div className="stack">
                  <Notice tone={found.permissions.length > 0 ? 'wait' : 'calm'} title={found.permissions.length > 0 ? t('versions.widens', { count: found.permissions.length, n: from }) : t('versions.no_delta', { n: from })} />
                  <DiffBody diff={found} name={unit.name} notes={notes} />
                </div>
              )}
            </Loaded>
          )}
        </div>
      </Card>
      <Remarks unit={unit} version={version} />
      {at && <RemarkAdd name={unit.name} version={version} at={at} onClose={() => setAt(undefined)} />}
    </div>
  )
}

/** A first version has nothing to be compared with: its whole entry file is what is new. */
function FirstSource({ name, version }: { name: string; version: VersionDetail }) {
  const { t } = useTranslation()
  const me = useMe()
  const path = version.manifest.entry
  const source = useQuery({ queryKey: ['capability', name, 'file', version.number, path], queryFn: () => capabilities.file(name, version.number, path), enabled: may(me, 'capability.view_source'), staleTime: Number.POSITIVE_INFINITY })
  return (
    <>
      <p className="muted">
        {t('versions.first')} {may(me, 'capability.view_source') && <Link href={paths.source(name, version.number)}>{t('versions.read_source')}</Link>}
      </p>
      {source.data !== undefined && (
        <Late>
          <Code text={source.data} path={path} label={path} />
        </Late>
      )}
    </>
  )
}

function VersionFacts({ unit, version }: { unit: CapabilityDetail; version: VersionDetail }) {
  const { t } = useTranslation()
  const me = useMe()
  return (
    <div className="stack">
      <Facts
        items={[
          [t('versions.digest'), <span key="d" className="row tight"><code title={version.digest}>{short(version.digest, 16)}</code><CopyButton text={version.digest} label={t('plan.copy_digest')} /></span>],
          [t('plan.writes'), <Writes key="w" writes={version.manifest.write_boundary?.writes ?? []} />],
          [t('plan.network'), t(`network.${version.manifest.network ?? 'none'}`)],
          [t('versions.made'), <span key="m"><Time at={version.created_at} /> {version.created_by}</span>],
          version.submitted_at ? [t('versions.submitted'), <span key="s"><Time at={version.submitted_at} /> {version.submitted_by}</span>] : null,
          version.published_at ? [t('version_state.published'), <span key="p"><Time at={version.published_at} /> {version.published_by}</span>] : null,
        ]}
      />
      <LimitFacts limits={version.manifest.limits} />
      <div className="row">
        {may(me, 'capability.view_source') && <Link href={paths.source(unit.name, version.number)}>{t('versions.read_source')}</Link>}
        <Link href={paths.runForm(unit.name, { version: version.number })}>{t('versions.try_it')}</Link>
      </div>
    </div>
  )
}
