// Sets a password for somebody, who must replace it.
import { useQueryClient } from '@tanstack/react-query'
import { Button, Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import type { UserDetail } from '@/api/types'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'
import { Field } from '@/ui/field'
import { makePassword } from '@/ui/password'

export function PasswordReset({ user, onClose }: { user: UserDetail; onClose: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const [password, setPassword] = useState('')
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await identity.resetPassword(user.id, password)
      void queries.invalidateQueries({ queryKey: ['users'] })
      toast.done(t('users.reset_done', { name: user.name }))
      onClose()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal open title={t('users.reset_title', { name: user.name })} okText={t('users.reset')} okButtonProps={{ disabled: !password }} cancelText={t('common.cancel')} confirmLoading={busy} onOk={() => void submit()} onCancel={onClose}>
      <div className="stack">
        {error !== undefined && <ProblemNotice error={error} />}
        <Field label={t('users.first_password')} help={t('users.reset_help')}>
          {(id, described) => (
            <span className="row" style={{ flexWrap: 'nowrap' }}>
              <Input.Password id={id} aria-describedby={described} autoFocus autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} />
              <Button onClick={() => setPassword(makePassword())}>{t('users.make_one')}</Button>
            </span>
          )}
        </Field>
      </div>
    </Modal>
  )
}
