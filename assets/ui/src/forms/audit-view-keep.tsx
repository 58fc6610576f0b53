// Keeps the filters that are set under a name.
import { Checkbox, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { auditKeeping } from '@/api/audit-keeping'
import type { AuditView } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function AuditViewKeep({ filter, onClose }: { filter: AuditView['filter']; onClose: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  return (
    <FormDialog title={t('audit.view_keep')} ok={t('common.save')} complete={Boolean(name.trim())} work={() => auditKeeping.keepView({ name: name.trim(), filter, shared })} refresh={[['audit-views']]} done={t('audit.view_kept', { name: name.trim() })} onClose={onClose}>
      {(tried) => (
        <>
          <Field label={t('audit.view_name')} required error={tried && !name.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !name.trim()) || undefined} autoFocus maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Checkbox checked={shared} onChange={(event) => setShared(event.target.checked)}>
            {t('audit.view_shared')}
          </Checkbox>
        </>
      )}
    </FormDialog>
  )
}
