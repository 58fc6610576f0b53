// Changes what is said of a secret, and when the value that is used expires.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { secrets } from '@/api/secrets'
import type { SecretDetail, SecretDomain } from '@/api/types'
import { formatTime, parseLocal } from '@/format'
import { useTime } from '@/hooks/time'
import { FormDialog } from '@/parts/form-dialog'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'

export function SecretDescribe({ domain, secret, onClose }: { domain: SecretDomain; secret: SecretDetail; onClose: () => void }) {
  const { t } = useTranslation()
  const { zone } = useTime()
  const before = secret.facts.expires_at ? formatTime(secret.facts.expires_at, zone).slice(0, 16) : ''
  const [description, setDescription] = useState(secret.facts.description)
  const [owner, setOwner] = useState(secret.facts.owner)
  const [expires, setExpires] = useState(before)
  const badMoment = expires !== '' && !parseLocal(expires, zone)
  const save = () =>
    secrets.describe(domain, secret.name, {
      description: description.trim(),
      owner: owner.trim(),
      // The form knows minutes only: what was not touched keeps its seconds.
      ...(expires === before ? {} : { expires_at: expires ? parseLocal(expires, zone) : '' }),
    })
  return (
    <FormDialog title={t('secret.describe_title', { name: secret.name })} ok={t('common.save')} complete={!badMoment} work={save} refresh={[['secrets'], ['vault']]} done={t('secret.described', { name: secret.name })} onClose={onClose}>
      {(tried) => (
        <>
          <Field label={t('secret.description')}>{(id) => <Input id={id} autoFocus maxLength={500} value={description} onChange={(event) => setDescription(event.target.value)} />}</Field>
          <Field label={t('capabilities.owner')} help={t('secret.owner_help')}>
            {(id, described) => <Input id={id} aria-describedby={described} maxLength={100} value={owner} onChange={(event) => setOwner(event.target.value)} />}
          </Field>
          <Field label={t('secret.expires')} help={t('secret.expires_help', { zone })} error={tried && badMoment && t('rules.invalid')}>
            {(id, described) => <DateInput id={id} aria-describedby={described} aria-invalid={(tried && badMoment) || undefined} moment value={expires} onChange={setExpires} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
