// One calendar: a month of what it marks, its rules, what was imported.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useParams } from 'wouter'
import { calendars } from '@/api/calendars'
import type { CalendarView } from '@/api/types'
import { CalendarEdit } from '@/forms/calendar-edit'
import { CalendarImport } from '@/forms/calendar-import'
import { short } from '@/format'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { dayRuleText } from '@/parts/day-rule'
import { Loaded } from '@/parts/loaded'
import { PeriodMonth } from '@/parts/period-month'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Facts } from '@/ui/facts'
import { Page } from '@/ui/page'

export default function Calendar() {
  const name = decodeURIComponent(useParams<{ name: string }>().name)
  const query = useQuery({ queryKey: ['calendars', name], queryFn: () => calendars.show(name) })
  return (
    <Loaded query={query} page>
      {(calendar) => <CalendarPage calendar={calendar} />}
    </Loaded>
  )
}

function CalendarPage({ calendar }: { calendar: CalendarView }) {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const { ask, notice } = useAct(['calendars'])
  const [open, setOpen] = useState<'edit' | 'import'>()
  const can = may(me, 'freeze.update')
  const why = can ? undefined : t('users.may_not')
  const used = calendar.used_by.length > 0
  const remove = () =>
    ask({ title: t('calendar.remove_title', { name: calendar.name }), ok: t('calendar.remove'), done: t('calendar.removed', { name: calendar.name }) }, async () => {
      await calendars.remove(calendar.id)
      navigate(paths.calendars())
    })
  return (
    <Page
      title={calendar.name}
      crumbs={[{ to: paths.calendars(), text: t('nav.calendars') }]}
      meta={
        <>
          <span className={`tag ${calendar.inside ? 'wait' : ''}`}>{t(calendar.inside ? 'calendar.inside' : 'calendar.outside')}</span>
          <ZoneNote />
        </>
      }
      actions={
        <>
          <Button danger disabled={!can || used} title={used ? t('calendar.in_use', { names: calendar.used_by.join(', ') }) : why} onClick={remove}>
            {t('calendar.remove')}
          </Button>
          <Button disabled={!can} title={why} onClick={() => setOpen('import')}>
            {t('calendar.import')}
          </Button>
          <Button type="primary" disabled={!can} title={why} onClick={() => setOpen('edit')}>
            {t('calendar.edit')}
          </Button>
        </>
      }
    >
      <div className="stack wide">
        {notice}
        <div className="two-columns">
          <Card title={t('calendar.month_of', { name: calendar.name })}>
            <PeriodMonth label={t('calendar.month_of', { name: calendar.name })} queryKey={['calendars', calendar.name, 'periods']} load={(from, until) => calendars.periods(calendar.id, from, until)} tone="wait" />
          </Card>
          <Card title={t('common.details')}>
            <Facts
              items={[
                [t('calendar.zone'), calendar.zone],
                [t('calendar.changes'), <Time key="c" at={calendar.changes_at} />],
                [t('calendar.used_by'), calendar.used_by.join(', ') || t('calendar.no_freeze')],
                [t('calendar.rules'), calendar.rules.length === 0 ? undefined : <ul key="r" className="plain-list">{calendar.rules.map((rule, i) => <li key={i}>{dayRuleText(t, rule)}</li>)}</ul>],
                [t('calendar.days'), calendar.days.join(', ')],
                [t('calendar.except'), calendar.except.join(', ')],
                calendar.imported ? [t('calendar.imported'), <span key="i">{t('calendar.imported_what', { count: calendar.imported.events, until: calendar.imported.horizon })} <Time at={calendar.imported.at} /> <code title={calendar.imported.sha256}>{short(calendar.imported.sha256)}</code></span>] : null,
                [t('rule.set_by'), <span key="b"><ActorName actor={calendar.updated_by} /> <Time at={calendar.updated_at} /></span>],
              ]}
            />
          </Card>
        </div>
      </div>
      {open === 'edit' && <CalendarEdit was={calendar} onClose={() => setOpen(undefined)} />}
      {open === 'import' && <CalendarImport calendar={calendar} onClose={() => setOpen(undefined)} />}
    </Page>
  )
}
