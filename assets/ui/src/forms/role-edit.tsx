// Makes a role of the tenant's own, or changes one for everybody who holds it.
import { Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { access } from '@/api/access'
import type { CustomRoleView } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function RoleEdit({ role, grantable, onClose }: { role?: CustomRoleView; grantable: string[]; onClose: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState(role?.name ?? '')
  const [description, setDescription] = useState(role?.description ?? '')
  const [actions, setActions] = useState<string[]>(role?.actions ?? [])
  const body = { name: name.trim(), description: description.trim() || null, actions }
  return (
    <FormDialog
      title={t(role ? 'roles.change_own' : 'roles.add_own')}
      ok={t(role ? 'common.save' : 'roles.add_own')}
      complete={Boolean(name.trim()) && actions.length > 0}
      work={() => (role ? access.changeRole(role.name, body) : access.addRole(body))}
      refresh={[['roles'], ['grants']]}
      done={t('roles.own_kept', { name: name.trim() })}
      onClose={onClose}
    >
      {(tried) => (
        <>
          <Field label={t('roles.own_name')} required help={t('group.name_help')} error={tried && !name.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !name.trim()) || undefined} autoFocus maxLength={40} spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label={t('group.description')}>{(id) => <Input id={id} maxLength={120} value={description} onChange={(event) => setDescription(event.target.value)} />}</Field>
          <Field label={t('roles.actions')} required help={t('roles.actions_help')} error={tried && actions.length === 0 && t('rules.required')}>
            {(id, described) => <Select id={id} aria-describedby={described} mode="multiple" value={actions} onChange={setActions} options={grantable.map((value) => ({ value, label: value }))} style={{ width: '100%' }} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
