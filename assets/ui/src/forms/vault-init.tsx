// Sets the vault up: how the master key is kept, and who can recover.
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { vault } from '@/api/vault'
import { FormDialog } from '@/parts/form-dialog'
import { isKept, keeping, keptBy, MethodFields } from '@/parts/vault-method'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'

export function VaultInit({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [kept, setKept] = useState(keptBy('passphrase'))
  const [recovery, setRecovery] = useState<string[]>([])
  return (
    <FormDialog title={t('vault.init')} ok={t('vault.init')} complete={isKept(kept)} work={() => vault.init({ ...keeping(kept), recovery })} refresh={[['vault'], ['doctor']]} done={t('vault.init_done')} onClose={onClose}>
      {(tried) => (
        <>
          <MethodFields value={kept} onChange={setKept} tried={tried} />
          <RecipientsField value={recovery} onChange={setRecovery} />
          {recovery.length === 0 && <Notice tone="wait">{t('vault.warn_no_recovery')}</Notice>}
        </>
      )}
    </FormDialog>
  )
}

/** Public halves of recovery keys. */
export function RecipientsField({ value, onChange }: { value: string[]; onChange: (value: string[]) => void }) {
  const { t } = useTranslation()
  return (
    <Field
      label={t('vault.recipients')}
      help={
        <>
          {t('vault.recipients_help')} <code>age-keygen -o recovery.key</code>
        </>
      }
    >
      {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} tokenSeparators={[' ', ',', '\n']} placeholder="age1…" value={value} onChange={(texts: string[]) => onChange(texts.map((text) => text.trim()).filter(Boolean))} />}
    </Field>
  )
}
