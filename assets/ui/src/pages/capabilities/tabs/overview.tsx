// What a capability is, takes, may do and needs.
import { useQuery } from '@tanstack/react-query'
import { lazy } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { capabilities } from '@/api/capabilities'
import type { CapabilityDetail } from '@/api/types'
import { may, useMe } from '@/hooks/me'
import { Checklist } from '@/parts/checklist'
import { HttpCall } from '@/parts/http-call'
import { InputTable } from '@/parts/input-table'
import { Late } from '@/parts/late'
import { LimitFacts, Writes } from '@/parts/plan-panel'
import { PlainTag, RiskTag } from '@/parts/tags'
import { Time } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Facts } from '@/ui/facts'
import { Notice } from '@/ui/notice'

const Markdown = lazy(() => import('@/ui/markdown'))

export default function Overview({ unit }: { unit: CapabilityDetail }) {
  const { t } = useTranslation()
  const { manifest } = unit
  const sees = may(useMe(), 'secret.view')
  const version = useQuery({ queryKey: ['capability', unit.name, 'version', unit.version], queryFn: () => capabilities.version(unit.name, unit.version) })
  const dependencies = manifest.runtime?.dependencies ?? []
  return (
    <div className="two-columns">
      <div className="stack wide">
        {!unit.current && <Notice tone="wait">{t('capability.only_draft')}</Notice>}
        {unit.description && (
          <Card title={t('capability.purpose')}>
            <p style={{ whiteSpace: 'pre-line' }}>{unit.description}</p>
          </Card>
        )}
        {manifest.http && <HttpCall call={manifest.http} verify={{ name: unit.name, version: unit.version, allowed: unit.can_run }} />}
        <Card title={t('capability.inputs')} flush>
          <InputTable schema={manifest.inputs} />
        </Card>
        {unit.readme && (
          <Card title="README">
            <Late>
              <Markdown text={unit.readme} />
            </Late>
          </Card>
        )}
      </div>
      <div className="stack wide">
        <Card title={t('capability.facts')}>
          <div className="stack">
            <Facts
              items={[
                [t('capabilities.kind'), t(`kind.${manifest.kind}`)],
                [t('capability.entry'), <code key="e">{manifest.entry}</code>],
                [t('capability.binding'), t(`binding.${manifest.binding}`)],
                [t('capabilities.risk'), <RiskTag key="r" risk={manifest.risk} />],
                [t('plan.writes'), manifest.http && !manifest.write_boundary?.writes?.length ? t('resource.read_only') : <Writes key="w" writes={manifest.write_boundary?.writes ?? []} />],
                [t('plan.network'), manifest.http ? t('request.only_resource') : t(`network.${manifest.network ?? 'none'}`)],
                (manifest.secrets ?? []).length > 0 && [
                  t('nav.secrets'),
                  manifest.secrets?.map((need) => (
                    <div key={need.name}>
                      {sees ? <Link href={paths.secret(need.name)} className="underlined">{need.name}</Link> : <code>{need.name}</code>} <span className="muted">{need.env ? `${t('secret.as_env')}: ${need.env}` : `/run/secrets/${need.file ?? need.name}`}</span>
                    </div>
                  )),
                ],
                [t('capabilities.owner'), unit.owner],
                unit.tags.length > 0 && [
                  t('capabilities.tags'),
                  (
                    <span key="t" className="row tight">
                      {unit.tags.map((tag) => (
                        <PlainTag key={tag}>{tag}</PlainTag>
                      ))}
                    </span>
                  ),
                ],
                manifest.runtime?.requires_python ? ['Python', <code key="p">{manifest.runtime.requires_python}</code>] : null,
                dependencies.length > 0 ? [t('capability.dependencies'), dependencies.map((one) => <div key={one}><code>{one}</code></div>)] : null,
                [t('capability.retry'), (manifest.retry?.attempts ?? 1) > 1 ? t('capability.attempts', { n: manifest.retry?.attempts ?? 1 }) : t('capability.once')],
                manifest.concurrency?.limit ? [t('capability.concurrency'), manifest.concurrency.limit] : null,
                [t('capability.created'), <Time key="c" at={unit.created_at} />],
                [t('capability.updated'), <Time key="u" at={unit.updated_at} />],
              ]}
            />
            <LimitFacts limits={manifest.limits} />
          </div>
        </Card>
        {version.data && (
          <Card title={t('checklist.title')}>
            <Checklist items={version.data.checklist} />
          </Card>
        )}
      </div>
    </div>
  )
}
