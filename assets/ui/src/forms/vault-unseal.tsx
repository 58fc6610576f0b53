// Opens the vault.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { vault } from '@/api/vault'
import type { VaultStatus } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function VaultUnseal({ status, onClose }: { status: VaultStatus; onClose: () => void }) {
  const { t } = useTranslation()
  const [passphrase, setPassphrase] = useState('')
  const asks = status.method === 'passphrase'
  return (
    <FormDialog title={t('vault.unseal')} ok={t('vault.unseal')} complete={!asks || passphrase !== ''} work={() => vault.unseal(asks ? passphrase : undefined)} refresh={[['vault'], ['doctor'], ['runs']]} done={t('vault.unsealed')} onClose={onClose}>
      {(tried) =>
        asks ? (
          <Field label={t('vault.passphrase')} required error={tried && !passphrase && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} autoFocus type="password" autoComplete="off" value={passphrase} onChange={(event) => setPassphrase(event.target.value)} />}
          </Field>
        ) : (
          <p>{t(`vault.unseal_by_${status.method ?? 'key_file'}`)}</p>
        )
      }
    </FormDialog>
  )
}
