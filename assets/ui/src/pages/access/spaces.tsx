// Spaces and folders: where capabilities live.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { spaces } from '@/api/access'
import type { SpaceView } from '@/api/types'
import { SpaceAdd } from '@/forms/space-add'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { DataTable } from '@/ui/data-table'
import { Page } from '@/ui/page'

interface Row {
  path: string
  space: SpaceView
  folder?: string
}

const rowsOf = (items: SpaceView[]): Row[] => items.flatMap((space) => [{ path: space.name, space }, ...space.folders.map((path) => ({ path, space, folder: path.slice(space.name.length + 1) }))])

export default function Spaces() {
  const { t } = useTranslation()
  const me = useMe()
  const { ask, notice } = useAct(['spaces'])
  const query = useQuery({ queryKey: ['spaces'], queryFn: spaces.list })
  const [adding, setAdding] = useState<{ space?: string }>()
  const canMake = may(me, 'space.update')
  const remove = (row: Row) =>
    ask({ title: t('space.remove_title', { name: row.path }), what: t('space.remove_what'), ok: t('space.remove'), done: t('space.removed', { name: row.path }) }, () => (row.folder ? spaces.removeFolder(row.space.name, row.folder) : spaces.remove(row.space.name)))
  return (
    <Page
      title={t('nav.spaces')}
      meta={<HelpLink page="how-to/give-access" />}
      actions={
        <Button type="primary" disabled={!canMake} title={canMake ? undefined : t('users.may_not')} onClick={() => setAdding({})}>
          {t('space.add')}
        </Button>
      }
    >
      <AreaTabs area="access" current="spaces" />
      <div className="stack wide">
        {notice}
        <div className="card">
          <Loaded query={query}>
            {({ items }) => (
              <DataTable
                label={t('nav.spaces')}
                rows={rowsOf(items)}
                rowKey={(row) => row.path}
                columns={[
                  { id: 'path', title: t('space.name'), cell: (row) => (row.space.kind === 'personal' ? t('space.own') : <code>{row.path}</code>) },
                  { id: 'kind', title: t('space.kind'), kind: 'fit', cell: (row) => t(row.folder ? 'space.folder' : `space.kinds.${row.space.kind}`) },
                  { id: 'description', title: t('space.description'), cell: (row) => (!row.folder && row.space.description) || <span className="muted">–</span> },
                  {
                    id: 'actions',
                    title: t('common.actions'),
                    kind: 'fit',
                    cell: (row) => {
                      const can = row.space.actions.includes('space.update')
                      if (row.space.kind === 'personal') return <span className="muted">–</span>
                      return (
                        <span className="row together">
                          {!row.folder && (
                            <Button size="small" disabled={!can} title={can ? undefined : t('users.may_not')} aria-label={t('space.add_folder_in', { space: row.path })} onClick={() => setAdding({ space: row.space.name })}>
                              {t('space.add_folder')}
                            </Button>
                          )}
                          <Button size="small" danger disabled={!can} title={can ? undefined : t('users.may_not')} aria-label={t('space.remove_one', { name: row.path })} onClick={() => remove(row)}>
                            {t('space.remove')}
                          </Button>
                        </span>
                      )
                    },
                  },
                ]}
              />
            )}
          </Loaded>
        </div>
      </div>
      {adding && <SpaceAdd space={adding.space} onClose={() => setAdding(undefined)} />}
    </Page>
  )
}
