// Records that a checkpoint of the log is kept elsewhere.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { auditKeeping } from '@/api/audit-keeping'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function WitnessAdd({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [place, setPlace] = useState('')
  const [checkpoint, setCheckpoint] = useState('')
  return (
    <FormDialog title={t('audit.witness_add')} ok={t('audit.witness_add')} complete={Boolean(place.trim())} work={() => auditKeeping.addWitness(place.trim(), checkpoint.trim() ? `${checkpoint.trim()}\n` : undefined)} refresh={[['audit-status'], ['audit-witnesses']]} done={t('audit.witness_done')} onClose={onClose}>
      {(tried) => (
        <>
          <p>{t('audit.witness_what')}</p>
          <Field label={t('audit.witness_place')} required help={t('audit.witness_place_help')} error={tried && !place.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !place.trim()) || undefined} autoFocus maxLength={200} value={place} onChange={(event) => setPlace(event.target.value)} />}
          </Field>
          <Field label={t('audit.witness_checkpoint')} help={t('audit.witness_checkpoint_help')}>
            {(id, described) => <Input.TextArea id={id} aria-describedby={described} rows={5} spellCheck={false} className="mono" value={checkpoint} onChange={(event) => setCheckpoint(event.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
