// Freezes: what does not start when, which of them hold now, and when they begin next.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { Fragment, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { calendars } from '@/api/calendars'
import { freezes } from '@/api/freezes'
import type { FreezeView } from '@/api/types'
import { FreezeAdd } from '@/forms/freeze-add'
import { FreezeRemove } from '@/forms/freeze-remove'
import { formatDuration } from '@/format'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { PeriodMonth } from '@/parts/period-month'
import { RiskTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { Card } from '@/ui/card'
import { paths } from '@/paths'
import { type Column, DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

export default function Freezes() {
  const { t } = useTranslation()
  const me = useMe()
  const query = useQuery({ queryKey: ['freezes'], queryFn: freezes.list, refetchInterval: 60_000 })
  const [adding, setAdding] = useState(false)
  const canSet = may(me, 'freeze.update')
  const why = canSet ? undefined : t('users.may_not')
  const [removing, setRemoving] = useState<FreezeView>()
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
      <AreaTabs area="freezing" current="freezes" />
      <div className="stack wide">
      <div className="card">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty why={t('freeze.none')} what={t('freeze.none_what')} />
            ) : (
              <DataTable label={t('nav.freezes')} rows={items} rowKey={(row) => row.id} columns={columns(t, setRemoving, canSet, why)} />
            )
          }
        </Loaded>
      </div>
      <Card title={t('freeze.month')}>
        <PeriodMonth label={t('freeze.month')} queryKey={['freezes', 'periods']} load={freezes.periods} tone="deny" />
      </Card>
      </div>
      {removing && <FreezeRemove freeze={removing} onClose={() => setRemoving(undefined)} />}
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
        row.risks.length + row.capabilities.length + row.spaces.length === 0 ? (
          t('freeze.everything')
        ) : (
          <>
            {row.risks.length > 0 && (
              <span className="nowrap">
                {row.risks.map((risk) => (
                  <Fragment key={risk}>
                    <RiskTag risk={risk} />{' '}
                  </Fragment>
                ))}
              </span>
            )}
            {[...row.capabilities, ...row.spaces.map((space) => t('freeze.in_space', { space }))].join(', ')}
          </>
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
  if (row.window.kind === 'calendar') return <ByCalendar id={row.window.calendar} when={row.window.when} />
  const days = [...(row.window.weekdays ?? []).map((day) => t(`freeze.${day}`)), ...(row.window.month_days ?? []).map((day) => t('freeze.month_day', { day }))]
  return <>{t('freeze.recurring', { days: days.join(', ') || t('freeze.every_day'), start: row.window.start, zone: row.zone, length: formatDuration(row.window.minutes * 60_000) })}</>
}

function ByCalendar({ id, when }: { id: string; when: 'inside' | 'outside' }) {
  const { t } = useTranslation()
  const known = useQuery({ queryKey: ['calendars'], queryFn: calendars.list, staleTime: 60_000 })
  const name = known.data?.items.find((one) => one.id === id)?.name
  return (
    <>
      {t(`freeze.${when}`)} {name ? <Link href={paths.calendar(name)}>{name}</Link> : <code>{id}</code>}
    </>
  )
}
