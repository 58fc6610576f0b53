// Names a field of an entry in a source of secrets, in place of a value.
import { useQuery } from '@tanstack/react-query'
import { Input, InputNumber, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { resources } from '@/api/resources'
import type { ResourceView, SecretFromRequest } from '@/api/types'
import { Field } from '@/ui/field'

export const NO_PLACE: SecretFromRequest = { resource: '', path: '', field: '', version: null }

/** The sources that secrets may be read from; those who may not see resources have none. */
export function useSources(): ResourceView[] {
  const known = useQuery({ queryKey: ['resources'], queryFn: resources.list, retry: false })
  return (known.data?.items ?? []).filter((one) => one.kind === 'secret_source')
}

export function isPlaced(from: SecretFromRequest): boolean {
  return from.resource !== '' && from.path.trim() !== '' && from.field.trim() !== ''
}

interface Props {
  sources: ResourceView[]
  value: SecretFromRequest
  onChange: (value: SecretFromRequest) => void
  tried: boolean
}

export function SecretFrom({ sources, value, onChange, tried }: Props) {
  const { t } = useTranslation()
  const chosen = sources.find((one) => one.name === value.resource)?.source
  const missing = (text: string) => tried && text.trim() === ''
  const why = (text: string) => missing(text) && t('rules.required')
  return (
    <>
      <Field label={t('secret.from')} required help={t('secret.from_help')} error={why(value.resource)}>
        {(id, described) => <Select id={id} aria-describedby={described} aria-invalid={missing(value.resource) || undefined} value={value.resource || undefined} onChange={(resource) => onChange({ ...value, resource })} options={sources.map((one) => ({ value: one.name, label: one.name }))} style={{ width: '100%' }} />}
      </Field>
      <Field label={t('secret.from_path')} required help={chosen ? t('secret.from_allowed', { mount: chosen.mount, paths: chosen.paths.join(', ') }) : t('secret.from_path_help')} error={why(value.path)}>
        {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={missing(value.path) || undefined} className="mono" maxLength={512} spellCheck={false} autoComplete="off" value={value.path} onChange={(event) => onChange({ ...value, path: event.target.value })} />}
      </Field>
      <div className="form-grid">
        <Field label={t('secret.from_field')} required error={why(value.field)}>
          {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={missing(value.field) || undefined} className="mono" maxLength={200} spellCheck={false} autoComplete="off" value={value.field} onChange={(event) => onChange({ ...value, field: event.target.value })} />}
        </Field>
        <Field label={t('secret.from_version')} help={t('secret.from_version_help')}>
          {(id, described) => <InputNumber id={id} aria-describedby={described} min={1} precision={0} value={value.version} onChange={(version) => onChange({ ...value, version })} style={{ width: '100%' }} />}
        </Field>
      </div>
    </>
  )
}
