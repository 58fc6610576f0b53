// Makes a service account; a person answers for it.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { access } from '@/api/access'
import { FormDialog } from '@/parts/form-dialog'
import { PersonInput } from '@/parts/name-inputs'
import { Field } from '@/ui/field'

export function ServiceAdd({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [owner, setOwner] = useState('')
  return (
    <FormDialog
      title={t('service.add')}
      ok={t('service.add')}
      complete={Boolean(name.trim())}
      work={() => access.addService({ name: name.trim(), owner: owner.trim() || null, roles: [] })}
      refresh={[['users']]}
      done={t('service.added', { name: name.trim() })}
      onClose={onClose}
    >
      {(tried) => (
        <>
          <Field label={t('service.name')} required error={tried && !name.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !name.trim()) || undefined} autoFocus maxLength={64} spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label={t('service.owner')} help={t('service.owner_help')}>
            {(id, described) => <PersonInput id={id} aria-describedby={described} value={owner} onChange={setOwner} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
