// Puts what an .ics file holds into a calendar.
import { Input, InputNumber } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { calendars } from '@/api/calendars'
import type { CalendarView } from '@/api/types'
import { useChanged } from '@/parts/asked-toast'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function CalendarImport({ calendar, onClose }: { calendar: CalendarView; onClose: () => void }) {
  const { t } = useTranslation()
  const changed = useChanged()
  const [file, setFile] = useState<File>()
  const [except, setExcept] = useState('')
  const [years, setYears] = useState<number | null>(3)
  const [reason, setReason] = useState('')
  const load = async () => {
    const ics = (await file?.text()) ?? ''
    changed(await calendars.import(calendar.id, { ics, except: except.trim() || null, years }, reason.trim()), t('calendar.import_done'))
  }
  return (
    <FormDialog title={t('calendar.import_title', { name: calendar.name })} ok={t('calendar.import')} complete={file !== undefined} work={load} refresh={[['calendars'], ['freezes'], ['approvals']]} onClose={onClose}>
      {(tried) => (
        <>
          <p>{t('calendar.import_what')}</p>
          <Field label={t('calendar.import_file')} required error={tried && !file && t('calendar.import_missing')}>
            {(id, described) => <input id={id} type="file" accept=".ics,text/calendar" aria-describedby={described} onChange={(event) => setFile(event.target.files?.[0])} />}
          </Field>
          <Field label={t('calendar.import_except')} help={t('calendar.import_except_help')}>
            {(id, described) => <Input id={id} aria-describedby={described} maxLength={80} value={except} onChange={(event) => setExcept(event.target.value)} />}
          </Field>
          <Field label={t('calendar.import_years')}>{(id) => <InputNumber id={id} min={1} max={10} value={years} onChange={setYears} />}</Field>
          {calendar.used_by.length > 0 && (
            <Field label={t('approvals.why_change')} help={t('approvals.why_change_help')}>
              {(id, described) => <Input id={id} aria-describedby={described} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
            </Field>
          )}
        </>
      )}
    </FormDialog>
  )
}
