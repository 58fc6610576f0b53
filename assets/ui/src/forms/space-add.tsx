// Makes a space of a team, or a folder in one.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { spaces } from '@/api/access'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function SpaceAdd({ space, onClose }: { space?: string; onClose: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const title = space ? t('space.add_folder_in', { space }) : t('space.add')
  return (
    <FormDialog
      title={title}
      ok={t(space ? 'space.add_folder' : 'space.add')}
      complete={Boolean(name.trim())}
      work={() => (space ? spaces.addFolder(space, name.trim()) : spaces.add({ name: name.trim(), description: description.trim() || null }))}
      refresh={[['spaces']]}
      done={t('space.added', { name: name.trim() })}
      onClose={onClose}
    >
      {(tried) => (
        <>
          <Field label={t('space.name')} required help={t(space ? 'space.folder_help' : 'space.name_help')} error={tried && !name.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !name.trim()) || undefined} autoFocus maxLength={200} spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          {!space && <Field label={t('space.description')}>{(id) => <Input id={id} maxLength={120} value={description} onChange={(event) => setDescription(event.target.value)} />}</Field>}
        </>
      )}
    </FormDialog>
  )
}
