// Sets a value, or says where it is read: of a new secret, or the next version of one that exists. What was typed is gone when the dialog is.
import { Checkbox, Input, Segmented } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/http'
import { secrets } from '@/api/secrets'
import type { PlanError, SecretDetail, SecretDomain, SecretFromRequest, SourceRead } from '@/api/types'
import { parseLocal } from '@/format'
import { isPlaced, NO_PLACE, SecretFrom, useSources } from '@/forms/secret-from'
import { useTime } from '@/hooks/time'
import { FormDialog } from '@/parts/form-dialog'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'
import { type Hidden, HiddenInput, isFilled } from '@/ui/hidden-input'

const NAME = /^[a-z0-9](?!.*\.\.)[a-z0-9._-]{0,63}(?<!\.)$/

/** The place of an entry that is read now, to be changed. */
function placed({ resource, entry, version }: SourceRead): SecretFromRequest {
  const at = entry.indexOf('#')
  return { resource, path: entry.slice(0, at), field: entry.slice(at + 1), version }
}

export function SecretSet({ domain, was, onClose, onDone }: { domain: SecretDomain; was?: SecretDetail; onClose: () => void; onDone?: (name: string) => void }) {
  const { t } = useTranslation()
  const { zone } = useTime()
  const [name, setName] = useState(was?.name ?? '')
  const [value, setValue] = useState<Hidden>({ text: '' })
  const sources = useSources(domain)
  const [elsewhere, setElsewhere] = useState(Boolean(was?.facts.source))
  const [from, setFrom] = useState<SecretFromRequest>(was?.facts.source ? placed(was.facts.source) : NO_PLACE)
  const [wrong, setWrong] = useState<PlanError[]>([])
  const [description, setDescription] = useState('')
  const [owner, setOwner] = useState('')
  const [expires, setExpires] = useState('')
  const [short, setShort] = useState(false)
  const [tooShort, setTooShort] = useState(false)
  const badName = !NAME.test(name)
  const badMoment = expires !== '' && !parseLocal(expires, zone)
  const save = async () => {
    const given = elsewhere ? { from: { ...from, path: from.path.trim(), field: from.field.trim() } } : 'text' in value ? { value: value.text } : { value_base64: value.base64 }
    const told = was ? {} : { description: description.trim(), owner: owner.trim() || null }
    try {
      await secrets.set(domain, name, { ...given, ...told, expires_at: expires ? parseLocal(expires, zone) : null, force_short: short, must_exist: Boolean(was) })
    } catch (cause) {
      setWrong(cause instanceof ApiError ? (cause.problem.errors ?? []) : [])
      // A value that masking cannot find is taken only when somebody insists: the choice is offered when it is needed.
      if (cause instanceof ApiError && cause.code === 'EG-SEC-002') setTooShort(true)
      throw cause
    }
    onDone?.(name)
  }
  return (
    <FormDialog
      title={was ? t('secret.rotate_title', { name: was.name }) : t('secret.add')}
      ok={t(was ? 'secret.rotate' : 'secret.add')}
      complete={!badName && (elsewhere ? isPlaced(from) : isFilled(value)) && !badMoment}
      work={save}
      refresh={[['secrets'], ['vault']]}
      done={t(was ? 'secret.rotated' : 'secret.added', { name })}
      onClose={onClose}
    >
      {(tried) => (
        <>
          {was ? (
            <p>{t('secret.rotate_what')}</p>
          ) : (
            <Field label={t('secret.name')} required help={t('secret.name_help')} error={tried && badName && t('secret.name_help')}>
              {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && badName) || undefined} autoFocus maxLength={64} spellCheck={false} autoComplete="off" value={name} onChange={(event) => setName(event.target.value.trim())} />}
            </Field>
          )}
          {(sources.length > 0 || elsewhere) && (
            <Segmented
              aria-label={t('secret.where')}
              value={elsewhere ? 'elsewhere' : 'here'}
              onChange={(next) => setElsewhere(next === 'elsewhere')}
              options={(['here', 'elsewhere'] as const).map((one) => ({ value: one, label: t(`secret.${one}`) }))}
            />
          )}
          {elsewhere ? (
            <SecretFrom
              sources={sources}
              value={from}
              onChange={(next) => {
                setFrom(next)
                setWrong([])
              }}
              tried={tried}
              wrong={wrong}
            />
          ) : (
            <HiddenInput label={t('secret.value')} help={t('secret.value_help')} error={tried && !isFilled(value) && t('rules.required')} value={value} onChange={setValue} />
          )}
          {tooShort && (
            <Checkbox checked={short} onChange={(event) => setShort(event.target.checked)}>
              {t('secret.force_short')}
            </Checkbox>
          )}
          <Field label={t('secret.expires')} help={t('secret.expires_help', { zone })} error={tried && badMoment && t('rules.invalid')}>
            {(id, described) => <DateInput id={id} aria-describedby={described} aria-invalid={(tried && badMoment) || undefined} moment value={expires} onChange={setExpires} />}
          </Field>
          {!was && (
            <>
              <Field label={t('secret.description')}>{(id) => <Input id={id} maxLength={500} value={description} onChange={(event) => setDescription(event.target.value)} />}</Field>
              <Field label={t('capabilities.owner')} help={t('secret.owner_help')}>
                {(id, described) => <Input id={id} aria-describedby={described} maxLength={100} value={owner} onChange={(event) => setOwner(event.target.value)} />}
              </Field>
            </>
          )}
        </>
      )}
    </FormDialog>
  )
}
