// How the master key is kept, and the passphrase where one opens it.
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { VaultMethod } from '@/api/types'
import { Field } from '@/ui/field'
import { isChosen, NewPassphrase, type Passphrase } from '@/ui/passphrase'

const METHODS: VaultMethod[] = ['passphrase', 'key_file', 'credential']

export interface Keeping {
  method: VaultMethod
  passphrase: Passphrase
}

export const keptBy = (method: VaultMethod): Keeping => ({ method, passphrase: { text: '', again: '' } })
export const isKept = ({ method, passphrase }: Keeping) => method !== 'passphrase' || isChosen(passphrase)
/** As the appliance takes it. */
export const keeping = ({ method, passphrase }: Keeping) => ({ method, ...(method === 'passphrase' ? { passphrase: passphrase.text } : {}) })

export function MethodFields({ value, onChange, tried }: { value: Keeping; onChange: (value: Keeping) => void; tried: boolean }) {
  const { t } = useTranslation()
  return (
    <>
      <Field label={t('vault.method')} help={t(`vault.method_help_${value.method}`)}>
        {(id, described) => <Select id={id} aria-describedby={described} value={value.method} onChange={(method) => onChange({ ...value, method })} options={METHODS.map((method) => ({ value: method, label: t(`vault.method_${method}`) }))} style={{ width: '100%' }} />}
      </Field>
      {value.method === 'passphrase' && <NewPassphrase value={value.passphrase} onChange={(passphrase) => onChange({ ...value, passphrase })} tried={tried} />}
    </>
  )
}
