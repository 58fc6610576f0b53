// Shows a capability to colleagues.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { community } from '@/api/templates'
import { FormDialog } from '@/parts/form-dialog'
import { CapabilityInput } from '@/parts/name-inputs'
import { Field } from '@/ui/field'

export function CommunityShare({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [capability, setCapability] = useState('')
  const [description, setDescription] = useState('')
  return (
    <FormDialog title={t('community.share')} ok={t('community.share')} complete={Boolean(capability.trim() && description.trim())} work={() => community.share(capability.trim(), description.trim())} refresh={[['community']]} done={t('community.shared', { name: capability.trim() })} onClose={onClose}>
      {(tried) => (
        <>
          <Field label={t('runs.capability')} required error={tried && !capability.trim() && t('rules.required')}>
            {(id, described) => <CapabilityInput id={id} aria-describedby={described} aria-invalid={(tried && !capability.trim()) || undefined} value={capability} onChange={setCapability} />}
          </Field>
          <Field label={t('community.description')} required error={tried && !description.trim() && t('rules.required')}>
            {(id, described) => <Input.TextArea id={id} aria-describedby={described} aria-invalid={(tried && !description.trim()) || undefined} rows={4} maxLength={2000} value={description} onChange={(event) => setDescription(event.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
