// Makes a group.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { groups } from '@/api/access'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function GroupAdd({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  return (
    <FormDialog
      title={t('group.add')}
      ok={t('group.add')}
      complete={Boolean(name.trim())}
      work={() => groups.add({ name: name.trim(), description: description.trim() || null })}
      refresh={[['groups']]}
      done={t('group.added', { name: name.trim() })}
      onClose={onClose}
    >
      {(tried) => (
        <>
          <Field label={t('group.name')} required help={t('group.name_help')} error={tried && !name.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !name.trim()) || undefined} autoFocus maxLength={40} spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label={t('group.description')}>{(id) => <Input id={id} maxLength={200} value={description} onChange={(event) => setDescription(event.target.value)} />}</Field>
        </>
      )}
    </FormDialog>
  )
}
