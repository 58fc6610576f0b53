// Takes something off the community page, with the reason that its sharer reads.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { community } from '@/api/templates'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function CommunityHide({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  return (
    <FormDialog title={t('community.hide_title', { name })} ok={t('community.hide')} danger complete={Boolean(reason.trim())} work={() => community.hide(name, reason.trim())} refresh={[['community']]} done={t('community.hide_done')} onClose={onClose}>
      {(tried) => (
        <Field label={t('common.reason')} required error={tried && !reason.trim() && t('rules.required')}>
          {(id, described) => <Input.TextArea id={id} aria-describedby={described} aria-invalid={(tried && !reason.trim()) || undefined} autoFocus rows={3} maxLength={1000} value={reason} onChange={(event) => setReason(event.target.value)} />}
        </Field>
      )}
    </FormDialog>
  )
}
