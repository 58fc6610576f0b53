// A new passphrase, typed twice: what is typed cannot be read back.
import { Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { Field } from './field'

export interface Passphrase {
  text: string
  again: string
}

export const isChosen = ({ text, again }: Passphrase) => text !== '' && text === again

export function NewPassphrase({ value, onChange, tried }: { value: Passphrase; onChange: (value: Passphrase) => void; tried: boolean }) {
  const { t } = useTranslation()
  return (
    <>
      <Field label={t('vault.passphrase')} required help={t('vault.passphrase_help')} error={tried && !value.text && t('rules.required')}>
        {(id, described) => <Input id={id} aria-describedby={described} type="password" autoComplete="new-password" value={value.text} onChange={(event) => onChange({ ...value, text: event.target.value })} />}
      </Field>
      <Field label={t('vault.passphrase_again')} required error={tried && value.text !== value.again && t('vault.passphrase_differs')}>
        {(id, described) => <Input id={id} aria-describedby={described} type="password" autoComplete="new-password" value={value.again} onChange={(event) => onChange({ ...value, again: event.target.value })} />}
      </Field>
    </>
  )
}
