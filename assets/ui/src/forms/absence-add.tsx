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

export function AbsenceAdd({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const { zone } = useTime()
  const [to, setTo] = useState('')
  const [starts, setStarts] = useState('')
  const [ends, setEnds] = useState('')
  const [reason, setReason] = useState('')
  const [first, last] = [starts ? parseLocal(starts, zone) : undefined, ends ? parseLocal(ends, zone) : undefined]
  const wrongStart = starts !== '' && !first
  return (
    <FormDialog
      title={t('absence.add')}
      ok={t('absence.add')}
      complete={Boolean(to.trim() && last) && !wrongStart}
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
            {(id, described) => <DateInput id={id} aria-describedby={described} moment value={starts} onChange={setStarts} />}
          </Field>
          <Field label={t('absence.ends')} required error={tried && !last && t('rules.required')}>
            {(id, described) => <DateInput id={id} aria-describedby={described} aria-invalid={(tried && !last) || undefined} moment value={ends} onChange={setEnds} />}
          </Field>
          <Field label={t('common.reason')}>{(id) => <Input id={id} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}</Field>
        </>
      )}
    </FormDialog>
  )
}
