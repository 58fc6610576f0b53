// What was inferred from an upload: declarations with their origin, the form as people will see it, notes, checklist, difference.
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { InspectionReport, JsonObject } from '@/api/types'
import { formatBytes } from '@/format'
import { Card } from '@/ui/card'
import { Facts } from '@/ui/facts'
import { Skeleton } from '@/ui/skeleton'
import { Checklist } from './checklist'
import { LimitFacts, Writes } from './plan-panel'
import { startValues } from './schema-model'
import { PlainTag, RiskTag } from './tags'
import { DiffBody } from './version-diff'

const SchemaForm = lazy(() => import('./schema-form'))

export function InspectionView({ report }: { report: InspectionReport }) {
  const { t } = useTranslation()
  const { manifest } = report
  const [values, setValues] = useState<JsonObject>(() => startValues(manifest.inputs))
  return (
    <div className="two-columns">
      <div className="stack wide">
        <Card title={t('register.preview')} extra={<span className="muted">{t('register.preview_what')}</span>}>
          <Suspense fallback={<Skeleton label={t('common.loading')} />}>
            <SchemaForm schema={manifest.inputs} values={values} onChange={setValues} />
          </Suspense>
          {Object.keys((manifest.inputs.properties ?? {}) as object).length === 0 && <p className="muted">{t('run_form.no_inputs')}</p>}
        </Card>
        {report.notes.length > 0 && (
          <Card title={t('register.notes', { count: report.notes.length })}>
            <ul className="checklist">
              {report.notes.map((note) => (
                <li key={`${note.code} ${note.file} ${note.line}`}>
                  <PlainTag>{t(`note.${note.code}`, { defaultValue: note.code })}</PlainTag>
                  <div className="grow break" lang="en">
                    {note.text}{' '}
                    {note.file && (
                      <code className="muted">
                        {note.file}
                        {note.line ? `:${note.line}` : ''}
                      </code>
                    )}
                  </div>
                </li>
              ))}
            </ul>
          </Card>
        )}
        {report.diff && (
          <Card title={t('register.diff', { n: report.diff.from })}>
            <DiffBody diff={report.diff} />
          </Card>
        )}
      </div>
      <div className="stack wide">
        <Card title={t('register.inferred')}>
          <div className="stack">
            <Facts
              items={[
                [t('capabilities.capability'), <Origin key="t" of={report} field="title">{manifest.title}</Origin>],
                [t('register.name'), <Origin key="n" of={report} field="name"><code>{manifest.name}</code></Origin>],
                manifest.description ? [t('capability.purpose'), <Origin key="d" of={report} field="description">{manifest.description.split('\n')[0]}</Origin>] : null,
                [t('capabilities.kind'), t(`kind.${manifest.kind}`)],
                [t('capability.entry'), <code key="e">{manifest.entry}</code>],
                [t('capability.binding'), <Origin key="b" of={report} field="binding">{t(`binding.${manifest.binding}`)}</Origin>],
                [t('capabilities.risk'), <Origin key="r" of={report} field="risk"><RiskTag risk={manifest.risk} /></Origin>],
                [t('plan.writes'), <Writes key="w" writes={manifest.write_boundary?.writes ?? []} />],
                [t('plan.network'), <Origin key="x" of={report} field="network">{t(`network.${manifest.network ?? 'none'}`)}</Origin>],
                (manifest.runtime?.dependencies ?? []).length > 0 ? [t('capability.dependencies'), manifest.runtime?.dependencies?.join(', ')] : null,
                [t('capability.files'), report.files.map((file) => <div key={file.path}><code>{file.path}</code> <span className="muted num">{formatBytes(file.bytes)}</span></div>)],
              ]}
            />
            <LimitFacts limits={manifest.limits} />
          </div>
        </Card>
        <Card title={t('checklist.title')}>
          <Checklist items={report.checklist} />
        </Card>
      </div>
    </div>
  )
}

/** Where a value came from, in small print. */
function Origin({ of, field, children }: { of: InspectionReport; field: string; children: React.ReactNode }) {
  const { t } = useTranslation()
  const found = of.provenance[field] ?? of.provenance[`/${field}`]
  const word = typeof found === 'string' ? found : found && typeof found === 'object' && 'source' in found ? String((found as { source: unknown }).source) : undefined
  return (
    <>
      {children} {word && <span className="muted">({t(`origin.${word}`, { defaultValue: word.replaceAll('_', ' ') })})</span>}
    </>
  )
}
