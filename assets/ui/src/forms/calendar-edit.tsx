// Makes a calendar or writes one anew: rules, days, exceptions, spans.
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { calendars } from '@/api/calendars'
import type { CalendarView, DayRule, Weekday } from '@/api/types'
import { formatTime, isZone, parseLocal } from '@/format'
import { useTime } from '@/hooks/time'
import { useChanged } from '@/parts/asked-toast'
import { FormDialog } from '@/parts/form-dialog'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'
import { zones } from '@/ui/zones'

const DAYS: Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const numbers = (texts: (string | number)[]) => texts.map(Number).filter(Number.isInteger)

const SPANS_SHOWN = 40

interface SpanRow {
  from: string
  until: string
  name: string
}

export function CalendarEdit({ was, onClose }: { was?: CalendarView; onClose: () => void }) {
  const { t } = useTranslation()
  const { zone: mine } = useTime()
  const changed = useChanged()
  const [name, setName] = useState(was?.name ?? '')
  const [zone, setZone] = useState(was?.zone ?? mine)
  const [rules, setRules] = useState<DayRule[]>(was?.rules ?? [])
  const [days, setDays] = useState<string[]>(was?.days ?? [])
  const [except, setExcept] = useState<string[]>(was?.except ?? [])
  // Spans are written in the zone of the calendar. A file may have brought thousands: those stay as they are.
  const many = (was?.spans.length ?? 0) > SPANS_SHOWN
  const [spans, setSpans] = useState<SpanRow[]>(() => (many ? [] : (was?.spans ?? [])).map((span) => ({ from: formatTime(span.from, was?.zone ?? mine).slice(0, 16), until: formatTime(span.until, was?.zone ?? mine).slice(0, 16), name: span.name ?? '' })))
  const [reason, setReason] = useState('')
  const isDay = (day: string) => /^\d{4}-\d{2}-\d{2}$/.test(day)
  const wrongDays = ![...days, ...except].every(isDay)
  const ready = spans.map((span) => ({ name: span.name.trim(), from: parseLocal(span.from, zone) ?? '', until: parseLocal(span.until, zone) ?? '' }))
  const wrongSpans = ready.some((span) => !span.from || !span.until)
  const rule = (i: number, change: Partial<DayRule>) => setRules(rules.map((one, at) => (at === i ? { ...one, ...change } : one)))
  const span = (i: number, change: Partial<SpanRow>) => setSpans(spans.map((one, at) => (at === i ? { ...one, ...change } : one)))
  const save = async () => {
    const body = { name: name.trim(), zone, rules, days, except, spans: many ? [...(was?.spans ?? []), ...ready] : ready }
    if (was) changed(await calendars.update(was.id, body, reason.trim()), t('calendar.saved', { name: name.trim() }))
    else changed(await calendars.add(body), t('calendar.added', { name: name.trim() }))
  }
  return (
    <FormDialog title={t(was ? 'calendar.edit' : 'calendar.add')} ok={t('common.save')} width={720} complete={Boolean(name.trim()) && isZone(zone) && !wrongDays && !wrongSpans} work={save} refresh={[['calendars'], ['freezes'], ['approvals']]} onClose={onClose}>
      {(tried) => (
        <>
          <div className="form-grid">
            <Field label={t('calendar.name')} required error={tried && !name.trim() && t('rules.required')}>
              {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !name.trim()) || undefined} maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />}
            </Field>
            <Field label={t('calendar.zone')}>{(id) => <Select id={id} showSearch value={zone} onChange={setZone} options={zones(zone).map((value) => ({ value, label: value }))} style={{ width: '100%' }} />}</Field>
          </div>
          {rules.map((one, i) => (
            <fieldset key={i} className="group">
              <legend>{t('calendar.rule_n', { n: i + 1 })}</legend>
              <div className="form-grid">
                <Field label={t('freeze.weekdays')}>
                  {(id) => <Select id={id} mode="multiple" value={one.weekdays ?? []} onChange={(weekdays: Weekday[]) => rule(i, { weekdays })} options={DAYS.map((value) => ({ value, label: t(`freeze.${value}`) }))} style={{ width: '100%' }} />}
                </Field>
                <Field label={t('calendar.nth')} help={t('calendar.nth_help')}>
                  {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={(one.nth ?? []).map(String)} onChange={(nth: string[]) => rule(i, { nth: numbers(nth) })} style={{ width: '100%' }} />}
                </Field>
                <Field label={t('freeze.month_days')} help={t('freeze.month_days_help')}>
                  {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={(one.month_days ?? []).map(String)} onChange={(month_days: string[]) => rule(i, { month_days: numbers(month_days) })} style={{ width: '100%' }} />}
                </Field>
                <Field label={t('calendar.months')}>
                  {(id) => <Select id={id} mode="multiple" value={one.months ?? []} onChange={(months: number[]) => rule(i, { months })} options={Array.from({ length: 12 }, (_, at) => ({ value: at + 1, label: String(at + 1) }))} style={{ width: '100%' }} />}
                </Field>
              </div>
              <Button size="small" icon={<DeleteOutlined aria-hidden />} onClick={() => setRules(rules.filter((_, at) => at !== i))}>
                {t('calendar.rule_remove', { n: i + 1 })}
              </Button>
            </fieldset>
          ))}
          <div>
            <Button size="small" icon={<PlusOutlined aria-hidden />} onClick={() => setRules([...rules, { weekdays: [], month_days: [], months: [], nth: [] }])}>
              {t('calendar.rule_add')}
            </Button>
          </div>
          <Field label={t('calendar.days')} help={t('calendar.days_help')} error={tried && !days.every(isDay) && t('rules.invalid')}>
            {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={days} onChange={setDays} />}
          </Field>
          <Field label={t('calendar.except')} help={t('calendar.except_help')} error={tried && !except.every(isDay) && t('rules.invalid')}>
            {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={except} onChange={setExcept} />}
          </Field>
          {many && <p className="muted">{t('calendar.many_spans', { count: was?.spans.length })}</p>}
          {spans.map((one, i) => (
            <fieldset key={i} className="group">
              <legend>{t('calendar.span_n', { n: i + 1 })}</legend>
              <div className="form-grid">
                <Field label={t('freeze.from')} help={zone} error={tried && !parseLocal(one.from, zone) && t('rules.required')}>
                  {(id, described) => <DateInput id={id} aria-describedby={described} moment value={one.from} onChange={(from) => span(i, { from })} />}
                </Field>
                <Field label={t('freeze.until')} error={tried && !parseLocal(one.until, zone) && t('rules.required')}>
                  {(id, described) => <DateInput id={id} aria-describedby={described} moment value={one.until} onChange={(until) => span(i, { until })} />}
                </Field>
                <Field label={t('calendar.span_name')}>{(id) => <Input id={id} maxLength={80} value={one.name} onChange={(event) => span(i, { name: event.target.value })} />}</Field>
              </div>
              <Button size="small" icon={<DeleteOutlined aria-hidden />} onClick={() => setSpans(spans.filter((_, at) => at !== i))}>
                {t('calendar.span_remove', { n: i + 1 })}
              </Button>
            </fieldset>
          ))}
          <div>
            <Button size="small" icon={<PlusOutlined aria-hidden />} onClick={() => setSpans([...spans, { from: '', until: '', name: '' }])}>
              {t('calendar.span_add')}
            </Button>
          </div>
          {was && was.used_by.length > 0 && (
            <Field label={t('approvals.why_change')} help={t('approvals.why_change_help')}>
              {(id, described) => <Input id={id} aria-describedby={described} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
            </Field>
          )}
        </>
      )}
    </FormDialog>
  )
}
