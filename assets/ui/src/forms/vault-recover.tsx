// Opens the vault with a recovery key, and gives it a new master key.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { vault } from '@/api/vault'
import { FormDialog } from '@/parts/form-dialog'
import { isKept, keeping, keptBy, MethodFields } from '@/parts/vault-method'
import { Field } from '@/ui/field'
import { Input } from 'antd'

export function VaultRecover({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [identity, setIdentity] = useState('')
  const [kept, setKept] = useState(keptBy('passphrase'))
  // An identity file has comments around the key; the key alone is sent.
  const key = /AGE-SECRET-KEY-1[A-Z0-9]+/i.exec(identity)?.[0] ?? ''
  return (
    <FormDialog title={t('vault.recover')} ok={t('vault.recover')} complete={Boolean(key) && isKept(kept)} work={() => vault.recover({ identity: key, ...keeping(kept) })} refresh={[['vault'], ['doctor'], ['runs']]} done={t('vault.recovered')} onClose={onClose}>
      {(tried) => (
        <>
          <p>
            {t('vault.recover_what')} <code>execgov vault recover --identity recovery.key</code>
          </p>
          <Field label={t('vault.identity')} required help={t('vault.identity_help')} error={tried && !key && t('vault.identity_none')}>
            {(id, described) => <Input.TextArea id={id} aria-describedby={described} className="hidden-text" rows={3} spellCheck={false} autoComplete="off" value={identity} onChange={(event) => setIdentity(event.target.value)} />}
          </Field>
          <MethodFields value={kept} onChange={setKept} tried={tried} />
        </>
      )}
    </FormDialog>
  )
}
