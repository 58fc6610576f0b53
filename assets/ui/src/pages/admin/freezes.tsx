// Freezes: what does not start when, which of them hold now, and when they begin next.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { freezes } from '@/api/freezes'
import type { FreezeView } from '@/api/types'
import { FreezeAdd } from '@/forms/freeze-add'
import { formatDuration } from '@/format'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { ProblemNotice } from '@/parts/problem'
import { RiskTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { useToast } from '@/parts/toast'
import { type Column, DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Freezes() {
  const { t } = useTranslation()
  const me = useMe()
  const toast = useToast()
  const queries = useQueryClient()
  const query = useQuery({ queryKey: ['freezes'], queryFn: freezes.list, refetchInterval: 60_000 })
  const [adding, setAdding] = useState(false)
  const [error, setError] = useState<unknown>()
  const canSet = may(me, 'freeze.update')
  const why = canSet ? undefined : t('users.may_not')
  const remove = (row: FreezeView) =>
    toast.modal.confirm({
      title: t('freeze.remove_title', { name: row.name }),
      content: row.holds_until ? t('freeze.remove_in_force') : undefined,
      okText: t('freeze.remove'),
      okButtonProps: { danger: true },
      cancelText: t('common.cancel'),
      onOk: async () => {
        setError(undefined)
        try {
          await freezes.remove(row.id)
          await queries.invalidateQueries({ queryKey: ['freezes'] })
          toast.done(t('freeze.removed', { name: row.name }))
        } catch (cause) {
          setError(cause)
        }
      },
    })
  return (
    <Page
      title={t('nav.freezes')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/freeze-starts" />
        </>
      }
      actions={
        <Button type="primary" disabled={!canSet} title={why} onClick={() => setAdding(true)}>
          {t('freeze.add')}
        </Button>
      }
    >
      {error !== undefined && <ProblemNotice error={error} />}
      <div className="card">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty why={t('freeze.none')} what={t('freeze.none_what')} />
            ) : (
              <DataTable label={t('nav.freezes')} rows={items} rowKey={(row) => row.id} columns={columns(t, remove, canSet, why)} />
            )
          }
        </Loaded>
      </div>
      {adding && <FreezeAdd onClose={() => setAdding(false)} />}
    </Page>
  )
}

function columns(t: TFunction, remove: (row: FreezeView) => void, canSet: boolean, why?: string): Column<FreezeView>[] {
  return [
    { id: 'name', title: t('freeze.name'), cell: (row) => row.name },
    {
      id: 'state',
      title: t('runs.state'),
      kind: 'fit',
      cell: (row) => <span className={`tag ${row.holds_until ? 'deny' : ''}`}>{t(row.holds_until ? 'freeze.holds' : row.next ? 'freeze.waits' : 'freeze.over')}</span>,
    },
    { id: 'until', title: t('freeze.until'), kind: 'fit', cell: (row) => (row.holds_until ? <Time at={row.holds_until} /> : '–') },
    { id: 'next', title: t('freeze.next'), kind: 'fit', cell: (row) => (row.next ? <Time at={row.next} /> : '–') },
    {
      id: 'about',
      title: t('rule.about'),
      cell: (row) =>
        row.risks.length + row.capabilities.length === 0 ? (
          t('freeze.everything')
        ) : (
          <span className="row tight">
            {row.risks.map((risk) => (
              <RiskTag key={risk} risk={risk} />
            ))}
            {row.capabilities.join(', ')}
          </span>
        ),
    },
    { id: 'window', title: t('freeze.window'), cell: (row) => <Window row={row} t={t} /> },
    { id: 'by', title: t('rule.set_by'), cell: (row) => <ActorName actor={row.created_by} /> },
    {
      id: 'actions',
      title: t('common.actions'),
      kind: 'fit',
      cell: (row) => (
        <Button size="small" danger disabled={!canSet} title={why} aria-label={t('freeze.remove_of', { name: row.name })} onClick={() => remove(row)}>
          {t('freeze.remove')}
        </Button>
      ),
    },
  ]
}

function Window({ row, t }: { row: FreezeView; t: TFunction }) {
  if (row.window.kind === 'once') {
    return (
      <span className="nowrap">
        <Time at={row.window.from} /> – <Time at={row.window.until} />
      </span>
    )
  }
  const days = [...(row.window.weekdays ?? []).map((day) => t(`freeze.${day}`)), ...(row.window.month_days ?? []).map((day) => t('freeze.month_day', { day }))]
  return <>{t('freeze.recurring', { days: days.join(', ') || t('freeze.every_day'), start: row.window.start, zone: row.zone, length: formatDuration(row.window.minutes * 60_000) })}</>
}
