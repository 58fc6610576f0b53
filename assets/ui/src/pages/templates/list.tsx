// Templates: published versions from which others make their own capability.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { templates } from '@/api/templates'
import type { Risk } from '@/api/types'
import { TemplatePublish } from '@/forms/template-publish'
import { may, useMe } from '@/hooks/me'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { RiskTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Templates() {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const query = useQuery({ queryKey: ['templates'], queryFn: templates.list })
  const [publishing, setPublishing] = useState(false)
  const can = may(me, 'template.publish')
  return (
    <Page
      title={t('nav.templates')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/use-templates" />
        </>
      }
      actions={
        <Button type="primary" disabled={!can} title={can ? undefined : t('users.may_not')} onClick={() => setPublishing(true)}>
          {t('template.publish')}
        </Button>
      }
    >
      <AreaTabs area="capabilities" current="templates" />
      <div className="card">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty why={t('template.none')} what={t('template.none_what')} />
            ) : (
              <DataTable
                label={t('nav.templates')}
                rows={items}
                rowKey={(row) => row.id}
                onOpen={(row) => navigate(paths.template(row.name))}
                columns={[
                  {
                    id: 'name',
                    title: t('template.name'),
                    cell: (row) => (
                      <Link href={paths.template(row.name)} aria-label={t('template.open', { name: row.name })}>
                        {row.name}
                      </Link>
                    ),
                  },
                  { id: 'description', title: t('template.description'), wrap: true, cell: (row) => row.description || <span className="muted">–</span> },
                  { id: 'release', title: t('template.newest'), kind: 'right', cell: (row) => <span className="num">{row.releases.at(-1)?.number ?? '–'}</span> },
                  { id: 'risk', title: t('plan.risk'), kind: 'fit', cell: (row) => <RiskTag risk={row.risk as Risk} /> },
                  { id: 'tenant', title: t('audit.tenant'), kind: 'fit', cell: (row) => row.tenant },
                  { id: 'updated', title: t('capability.updated'), kind: 'fit', cell: (row) => <Time at={row.updated_at} /> },
                ]}
              />
            )
          }
        </Loaded>
      </div>
      {publishing && <TemplatePublish onClose={() => setPublishing(false)} />}
    </Page>
  )
}
