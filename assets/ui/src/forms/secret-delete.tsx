// Deletes a secret: the name is typed, because nothing brings it back.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { secrets } from '@/api/secrets'
import type { SecretDetail, SecretDomain } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'

export function SecretDelete({ domain, secret, onClose, onDone }: { domain: SecretDomain; secret: SecretDetail; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const users = secret.grants.map((grant) => grant.to)
  const remove = async () => {
    await secrets.remove(domain, secret.name)
    onDone()
  }
  return (
    <FormDialog title={t('secret.delete_title', { name: secret.name })} ok={t('secret.delete')} danger complete={typed === secret.name} work={remove} refresh={[['secrets', domain]]} done={t('secret.deleted', { name: secret.name })} onClose={onClose}>
      {(tried) => (
        <>
          <p>{t('secret.delete_what')}</p>
          {users.length > 0 && <Notice tone="wait">{t('secret.delete_used', { count: users.length, names: users.join(', ') })}</Notice>}
          <Field label={t('secret.type_name', { name: secret.name })} error={tried && typed !== secret.name && t('secret.type_name', { name: secret.name })}>
            {(id, described) => <Input id={id} aria-describedby={described} autoFocus spellCheck={false} autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
