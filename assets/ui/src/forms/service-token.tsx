// Makes a token for a service account.
import { Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { access } from '@/api/access'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

const SCOPES = ['read', 'run', 'author', 'admin']

export function ServiceToken({ account, onClose, onDone }: { account: string; onClose: () => void; onDone: (secret: string) => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<string[]>(['run'])
  const [days, setDays] = useState(90)
  return (
    <FormDialog
      title={t('service.token_for', { name: account })}
      ok={t('account.create_token')}
      complete={Boolean(name.trim()) && scopes.length > 0}
      work={async () => onDone((await access.serviceToken(account, { name: name.trim(), scopes, days })).token)}
      refresh={[['tokens']]}
      onClose={onClose}
    >
      {(tried) => (
        <>
          <Field label={t('account.token_name')} required error={tried && !name.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} autoFocus maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label={t('account.scopes')} required help={t('account.scopes_help')} error={tried && scopes.length === 0 && t('rules.required')}>
            {(id, described) => <Select id={id} aria-describedby={described} mode="multiple" value={scopes} onChange={setScopes} options={SCOPES.map((value) => ({ value, label: t(`scope.${value}`) }))} style={{ width: '100%' }} />}
          </Field>
          <Field label={t('account.life')}>
            {(id) => <Select id={id} value={days} onChange={setDays} options={[1, 7, 30, 90, 365].map((value) => ({ value, label: t('account.days', { count: value }) }))} style={{ width: '100%' }} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
