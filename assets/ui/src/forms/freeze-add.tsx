// Sets a freeze: once between two moments, again and again at a time of day, or by a calendar.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Input, InputNumber, Modal, Segmented, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { calendars } from '@/api/calendars'
import { freezes } from '@/api/freezes'
import type { Risk, Weekday, Window } from '@/api/types'
import { parseLocal } from '@/format'
import { useTime } from '@/hooks/time'
import { CapabilitiesInput } from '@/parts/name-inputs'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'

const RISKS: Risk[] = ['low', 'medium', 'high', 'critical']
const DAYS: Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

export function FreezeAdd({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const { zone } = useTime()
  const [name, setName] = useState('')
  const [risks, setRisks] = useState<Risk[]>([])
  const [capabilities, setCapabilities] = useState<string[]>([])
  const [spaces, setSpaces] = useState<string[]>([])
  const known = useQuery({ queryKey: ['calendars'], queryFn: calendars.list })
  const [calendar, setCalendar] = useState<string>()
  const [side, setSide] = useState<'inside' | 'outside'>('inside')
  const [kind, setKind] = useState<Window['kind']>('once')
  const [from, setFrom] = useState('')
  const [until, setUntil] = useState('')
  const [weekdays, setWeekdays] = useState<Weekday[]>([])
  const [monthDays, setMonthDays] = useState<string[]>([])
  const [start, setStart] = useState('18:00')
  const [hours, setHours] = useState<number | null>(12)
  const [tried, setTried] = useState(false)
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const once = kind === 'once'
  const [begins, ends] = [from && parseLocal(from, zone), until && parseLocal(until, zone)]
  const wrong = !name.trim() || (once && (!begins || !ends)) || (kind === 'calendar' && !calendar)
  const submit = async () => {
    setTried(true)
    if (wrong) return
    setBusy(true)
    setError(undefined)
    const window: Window = once
      ? { kind: 'once', from: begins ?? '', until: ends ?? '' }
      : kind === 'calendar'
        ? { kind: 'calendar', calendar: calendar ?? '', when: side }
        : { kind: 'recurring', weekdays, month_days: monthDays.map(Number).filter(Number.isInteger), start, minutes: Math.round((hours ?? 0) * 60) }
    try {
      await freezes.add({ name: name.trim(), risks, capabilities, spaces, window, zone })
      await queries.invalidateQueries({ queryKey: ['freezes'] })
      toast.done(t('freeze.added', { name: name.trim() }))
      onClose()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal open title={t('freeze.add')} okText={t('freeze.add')} cancelText={t('common.cancel')} confirmLoading={busy} onOk={() => void submit()} onCancel={onClose} width={560}>
      <form
        className="stack wide"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {error !== undefined && <ProblemNotice error={error} />}
        <Field label={t('freeze.name')} required help={t('freeze.name_help')} error={tried && !name.trim() && t('rules.required')}>
          {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !name.trim()) || undefined} autoFocus maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={t('plan.risk')} help={t('freeze.risks_help')}>
          {(id, described) => <Select id={id} aria-describedby={described} mode="multiple" value={risks} onChange={setRisks} options={RISKS.map((value) => ({ value, label: t(`risk.${value}`) }))} />}
        </Field>
        <Field label={t('nav.capabilities')} help={t('freeze.capabilities_help')}>
          {(id, described) => <CapabilitiesInput id={id} described={described} value={capabilities} onChange={setCapabilities} />}
        </Field>
        <Field label={t('freeze.spaces')} help={t('freeze.spaces_help')}>
          {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={spaces} onChange={setSpaces} />}
        </Field>
        <Segmented
          aria-label={t('freeze.window')}
          value={kind}
          onChange={setKind}
          options={[
            { value: 'once', label: t('freeze.once') },
            { value: 'recurring', label: t('freeze.again') },
            { value: 'calendar', label: t('freeze.by_calendar') },
          ]}
        />
        {kind === 'calendar' ? (
          <>
            <Field label={t('freeze.calendar')} required error={tried && !calendar && t('rules.required')}>
              {(id, described) => <Select id={id} aria-describedby={described} value={calendar} onChange={setCalendar} options={(known.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))} />}
            </Field>
            <Field label={t('freeze.side')}>{(id) => <Select id={id} value={side} onChange={setSide} options={(['inside', 'outside'] as const).map((value) => ({ value, label: t(`freeze.${value}`) }))} />}</Field>
          </>
        ) : once ? (
          <>
            <Field label={t('freeze.from')} required help={zone} error={tried && !begins && t('rules.required')}>
              {(id, described) => <DateInput id={id} aria-describedby={described} aria-invalid={(tried && !begins) || undefined} moment value={from} onChange={setFrom} />}
            </Field>
            <Field label={t('freeze.until')} required error={tried && !ends && t('rules.required')}>
              {(id, described) => <DateInput id={id} aria-describedby={described} aria-invalid={(tried && !ends) || undefined} moment value={until} onChange={setUntil} />}
            </Field>
          </>
        ) : (
          <>
            <Field label={t('freeze.weekdays')} help={t('freeze.days_help')}>
              {(id, described) => <Select id={id} aria-describedby={described} mode="multiple" value={weekdays} onChange={setWeekdays} options={DAYS.map((value) => ({ value, label: t(`freeze.${value}`) }))} />}
            </Field>
            <Field label={t('freeze.month_days')} help={t('freeze.month_days_help')}>
              {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={monthDays} onChange={setMonthDays} />}
            </Field>
            <Field label={t('freeze.start')} help={zone}>
              {(id, described) => <Input id={id} aria-describedby={described} value={start} onChange={(event) => setStart(event.target.value)} />}
            </Field>
            <Field label={t('freeze.hours')}>{(id) => <InputNumber id={id} min={0.1} max={168} value={hours} onChange={setHours} />}</Field>
          </>
        )}
        <button type="submit" hidden />
      </form>
    </Modal>
  )
}
