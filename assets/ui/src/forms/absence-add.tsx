// Lets somebody stand in during one's own absence.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { governance } from '@/api/governance'
import { parseLocal } from '@/format'
import { useTime } from '@/hooks/time'
import { FormDialog } from '@/parts/form-dialog'
import { PersonInput } from '@/parts/name-inputs'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'

/** Mirrors `domain::approval::DAYS_MOST`. */
const DAYS_MOST = 90

export function AbsenceAdd({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const { zone } = useTime()
  const [to, setTo] = useState('')
  const [starts, setStarts] = useState('')
  const [ends, setEnds] = useState('')
  const [reason, setReason] = useState('')
  const [first, last] = [starts ? parseLocal(starts, zone) : undefined, ends ? parseLocal(ends, zone) : undefined]
  const wrongStart = starts !== '' && !first
  const begins = first ? Date.parse(first) : Date.now()
  const lasts = last ? Date.parse(last) - begins : 0
  const wrongEnd = !last ? 'rules.required' : lasts <= 0 || Date.parse(last) <= Date.now() ? 'absence.ends_early' : lasts > DAYS_MOST * 86_400_000 ? 'absence.too_long' : undefined
  return (
    <FormDialog
      title={t('absence.add')}
      ok={t('absence.add')}
      complete={to.trim() !== '' && !wrongEnd && !wrongStart}
      work={() => governance.addAbsence({ to: to.trim(), starts: first ?? null, ends: last ?? '', reason: reason.trim() || null })}
      refresh={[['absences'], ['approvals']]}
      done={t('absence.added', { name: to.trim() })}
      onClose={onClose}
    >
      {(tried) => (
        <>
          <Field label={t('absence.to')} required help={t('absence.to_help')} error={tried && !to.trim() && t('rules.required')}>
            {(id, described) => <PersonInput id={id} aria-describedby={described} aria-invalid={(tried && !to.trim()) || undefined} value={to} onChange={setTo} />}
          </Field>
          <Field label={t('absence.starts')} help={t('absence.now_help', { zone })} error={tried && wrongStart && t('rules.invalid')}>
            {(id, described) => <DateInput id={id} aria-describedby={described} aria-invalid={(tried && wrongStart) || undefined} moment value={starts} onChange={setStarts} />}
          </Field>
          <Field label={t('absence.ends')} required help={t('absence.ends_help', { days: DAYS_MOST })} error={tried && wrongEnd && t(wrongEnd, { days: DAYS_MOST })}>
            {(id, described) => <DateInput id={id} aria-describedby={described} aria-invalid={(tried && wrongEnd !== undefined) || undefined} moment value={ends} onChange={setEnds} />}
          </Field>
          <Field label={t('common.reason')}>{(id) => <Input id={id} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}</Field>
        </>
      )}
    </FormDialog>
  )
}
