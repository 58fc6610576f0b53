// Makes a token with a name, scopes and an end.
import { useQueryClient } from '@tanstack/react-query'
import { Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import { ProblemNotice } from '@/parts/problem'
import { Field } from '@/ui/field'

const SCOPES = ['read', 'run', 'author', 'admin']

export function TokenCreate({ onClose, onDone }: { onClose: () => void; onDone: (secret: string) => void }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<string[]>(['run'])
  const [days, setDays] = useState(90)
  const [tried, setTried] = useState(false)
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setTried(true)
    if (!name.trim() || scopes.length === 0) return
    setBusy(true)
    setError(undefined)
    try {
      const made = await identity.createToken({ name: name.trim(), scopes, days })
      void queries.invalidateQueries({ queryKey: ['tokens'] })
      onDone(made.token)
      onClose()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal open title={t('account.create_token')} okText={t('account.create_token')} cancelText={t('common.cancel')} confirmLoading={busy} onOk={() => void submit()} onCancel={onClose}>
      <div className="stack wide">
        {error !== undefined && <ProblemNotice error={error} />}
        <Field label={t('account.token_name')} required error={tried && !name.trim() && t('rules.required')}>
          {(id, described) => <Input id={id} aria-describedby={described} autoFocus maxLength={80} value={name} onChange={(event) => setName(event.target.value)} onPressEnter={() => void submit()} />}
        </Field>
        <Field label={t('account.scopes')} required help={t('account.scopes_help')} error={tried && scopes.length === 0 && t('rules.required')}>
          {(id, described) => (
            <Select id={id} aria-describedby={described} mode="multiple" value={scopes} onChange={setScopes} options={SCOPES.map((value) => ({ value, label: t(`scope.${value}`) }))} style={{ width: '100%' }} />
          )}
        </Field>
        <Field label={t('account.life')}>
          {(id) => <Select id={id} value={days} onChange={setDays} options={[1, 7, 30, 90, 365].map((value) => ({ value, label: t('account.days', { count: value }) }))} style={{ width: '100%' }} />}
        </Field>
      </div>
    </Modal>
  )
}
