// Makes an account with a first password, which the person must replace.
import { useQueryClient } from '@tanstack/react-query'
import { Button, Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import type { RoleName } from '@/api/types'
import { ProblemNotice } from '@/parts/problem'
import { RolePicker } from '@/parts/role-picker'
import { TenantPicker } from '@/parts/tenant-picker'
import { useToast } from '@/parts/toast'
import { Field } from '@/ui/field'
import { makePassword } from '@/ui/password'

export function UserCreate({ tenant: given, onClose }: { tenant?: string; onClose: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [tenant, setTenant] = useState(given)
  const [display, setDisplay] = useState('')
  const [password, setPassword] = useState('')
  const [roles, setRoles] = useState<RoleName[]>(['viewer'])
  const [tried, setTried] = useState(false)
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setTried(true)
    if (!name.trim() || !password) return
    setBusy(true)
    setError(undefined)
    try {
      await identity.createUser({ username: name.trim(), password, display_name: display.trim() || undefined, roles, tenant })
      await queries.invalidateQueries({ queryKey: ['users'] })
      toast.done(t('users.created_done', { name: name.trim() }))
      onClose()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal open title={t('users.create')} okText={t('users.create')} cancelText={t('common.cancel')} confirmLoading={busy} onOk={() => void submit()} onCancel={onClose} width={560}>
      <form
        className="stack wide"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {error !== undefined && <ProblemNotice error={error} />}
        <Field label={t('signin.name')} required error={tried && !name.trim() && t('signin.name_missing')}>
          {(id, described) => <Input id={id} aria-describedby={described} autoFocus autoComplete="off" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        {tenant !== undefined && <Field label={t('audit.tenant')}>{(id) => <TenantPicker id={id} value={tenant} onChange={setTenant} />}</Field>}
        <Field label={t('users.display_name')}>{(id) => <Input id={id} autoComplete="off" value={display} onChange={(event) => setDisplay(event.target.value)} />}</Field>
        <Field label={t('users.first_password')} required help={t('users.first_password_help')} error={tried && !password && t('signin.password_missing')}>
          {(id, described) => (
            <span className="row" style={{ flexWrap: 'nowrap' }}>
              <Input.Password id={id} aria-describedby={described} autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} />
              <Button onClick={() => setPassword(makePassword())}>{t('users.make_one')}</Button>
            </span>
          )}
        </Field>
        <RolePicker value={roles} onChange={setRoles} />
        <button type="submit" hidden />
      </form>
    </Modal>
  )
}
