// One template: its releases, who uses which of them, and making a capability from it.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'wouter'
import { templates } from '@/api/templates'
import type { JsonSchema, Risk, TemplateView } from '@/api/types'
import { TemplateInstantiate } from '@/forms/template-instantiate'
import { TemplatePublish } from '@/forms/template-publish'
import { short } from '@/format'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { InputTable } from '@/parts/input-table'
import { Loaded } from '@/parts/loaded'
import { RiskTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { useToast } from '@/parts/toast'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Facts } from '@/ui/facts'
import { Page } from '@/ui/page'

export default function Template() {
  const name = decodeURIComponent(useParams<{ name: string }>().name)
  const query = useQuery({ queryKey: ['templates', name], queryFn: () => templates.show(name) })
  return (
    <Loaded query={query} page>
      {(template) => <TemplatePage template={template} />}
    </Loaded>
  )
}

function TemplatePage({ template }: { template: TemplateView }) {
  const { t } = useTranslation()
  const me = useMe()
  const toast = useToast()
  const { ask, notice } = useAct(['templates'])
  const [open, setOpen] = useState<'instantiate' | 'publish'>()
  const can = (action: string) => template.actions.includes(action)
  const newest = template.releases.at(-1)
  const push = () =>
    ask({ title: t('template.push_title', { n: newest?.number }), what: t('template.push_what'), ok: t('template.push') }, async () => {
      const done = await templates.push(template.name)
      toast.done(t('template.push_done', { count: done.items.filter((item) => item.version).length }))
    })
  const why = (action: string) => (can(action) ? undefined : t('users.may_not'))
  return (
    <Page
      title={template.name}
      crumbs={[{ to: paths.templates(), text: t('nav.templates') }]}
      meta={
        <>
          <RiskTag risk={template.risk as Risk} />
          {newest && <span>{t('template.release', { n: newest.number })}</span>}
          <ZoneNote />
        </>
      }
      actions={
        <>
          {may(me, 'template.publish') && template.capability && <Button onClick={() => setOpen('publish')}>{t('template.publish')}</Button>}
          <Button disabled={!can('template.push')} title={why('template.push')} onClick={push}>
            {t('template.push')}
          </Button>
          <Button type="primary" disabled={!can('template.instantiate')} title={why('template.instantiate')} onClick={() => setOpen('instantiate')}>
            {t('template.instantiate')}
          </Button>
        </>
      }
    >
      <div className="stack wide">
        {notice}
        <div className="two-columns">
          <div className="stack wide">
            {template.description && (
              <Card title={t('template.description')}>
                <p className="break" style={{ whiteSpace: 'pre-line' }}>
                  {template.description}
                </p>
              </Card>
            )}
            <Usage name={template.name} />
            <Card title={t('capability.inputs')} flush>
              <InputTable schema={template.inputs as JsonSchema} />
            </Card>
          </div>
          <div className="stack wide">
            <Card title={t('common.details')}>
              <Facts
                items={[
                  template.capability ? [t('template.made_from'), <Link key="c" href={paths.capability(template.capability)}>{template.capability}</Link>] : null,
                  [t('audit.tenant'), template.tenant],
                  template.tenants.length > 0 ? [t('template.tenants'), template.tenants.join(', ')] : null,
                  [t('template.spaces'), template.spaces.join(', ') || t('template.any_space')],
                  [t('capability.updated'), <Time key="u" at={template.updated_at} />],
                ]}
              />
            </Card>
            <Card title={t('template.releases')}>
              <ul className="stack plain-list">
                {[...template.releases].reverse().map((release) => (
                  <li key={release.number}>
                    <span className="row tight">
                      <strong>{t('template.release', { n: release.number })}</strong>
                      <span className="muted num">v{release.version}</span>
                      <code title={release.digest}>{short(release.digest)}</code>
                    </span>
                    <div className="break">{release.changelog}</div>
                    <div className="muted row tight">
                      <Time at={release.at} /> <ActorName actor={release.by} />
                    </div>
                  </li>
                ))}
              </ul>
            </Card>
          </div>
        </div>
      </div>
      {open === 'instantiate' && <TemplateInstantiate template={template} onClose={() => setOpen(undefined)} />}
      {open === 'publish' && <TemplatePublish was={template} onClose={() => setOpen(undefined)} />}
    </Page>
  )
}

const STANDING: Record<string, string> = { current: 'ok', proposed: 'busy', behind: 'wait', changed: '', unpublished: '' }

function Usage({ name }: { name: string }) {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['templates', name, 'usage'], queryFn: () => templates.usage(name), retry: false })
  return (
    <Card title={t('template.usage')} flush>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty why={t('template.usage_none')} />
          ) : (
            <DataTable
              label={t('template.usage')}
              rows={items}
              rowKey={(row) => `${row.tenant} ${row.capability_id}`}
              columns={[
                { id: 'standing', title: t('template.standing'), kind: 'fit', cell: (row) => <span className={`tag ${STANDING[row.standing] ?? ''}`}>{t(`template.${row.standing}`, { defaultValue: row.standing })}</span> },
                { id: 'capability', title: t('runs.capability'), cell: (row) => <Link href={paths.capability(row.capability)}>{row.capability}</Link> },
                { id: 'tenant', title: t('audit.tenant'), kind: 'fit', cell: (row) => row.tenant },
                { id: 'space', title: t('template.space'), kind: 'fit', cell: (row) => row.space },
                { id: 'release', title: t('template.newest'), kind: 'right', cell: (row) => <span className="num">{row.release ?? '–'}</span> },
                { id: 'by', title: t('versions.by'), kind: 'fit', cell: (row) => <ActorName actor={row.created_by} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  )
}
