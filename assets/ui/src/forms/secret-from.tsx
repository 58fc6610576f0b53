// Names a field of an entry in a source of secrets, in place of a value.
import { useQuery } from '@tanstack/react-query'
import { Input, InputNumber, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { resources } from '@/api/resources'
import type { PlanError, ResourceView, SecretDomain, SecretFromRequest } from '@/api/types'
import { may, useMe } from '@/hooks/me'
import { ruleText } from '@/parts/rules'
import { Field } from '@/ui/field'

export const NO_PLACE: SecretFromRequest = { resource: '', path: '', field: '', version: null }

/** What `domain::vault::Origin::check` takes as a path. */
const isPath = (path: string) => path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..' && !/[\p{Cc}%\\;#]/u.test(segment))

/** The sources that secrets may be read from: of the tenant, those that are granted to it. Who may not see resources has none. */
export function useSources(domain: SecretDomain): ResourceView[] {
  const me = useMe()
  const known = useQuery({ queryKey: ['resources'], queryFn: resources.list, enabled: may(me, 'resource.view'), retry: false })
  return (known.data?.items ?? []).filter((one) => one.kind === 'secret_source' && (domain === 'platform' || one.grants.some((grant) => grant.tenant === me?.tenant)))
}

export function isPlaced(from: SecretFromRequest): boolean {
  return from.resource !== '' && isPath(from.path.trim()) && from.field.trim() !== ''
}

interface Props {
  sources: ResourceView[]
  value: SecretFromRequest
  onChange: (value: SecretFromRequest) => void
  tried: boolean
  /** What the appliance said of it. */
  wrong: PlanError[]
}

export function SecretFrom({ sources, value, onChange, tried, wrong }: Props) {
  const { t } = useTranslation()
  const chosen = sources.find((one) => one.name === value.resource)?.source
  /** What is wrong with a part, in words. */
  const why = (part: keyof SecretFromRequest) => {
    const given = String(value[part] ?? '').trim()
    if (tried && part !== 'version' && given === '') return t('rules.required')
    if (tried && part === 'path' && !isPath(given)) return t('secret.from_path_rule')
    const said = wrong.find((one) => one.pointer === `/from/${part}`)
    return said && ruleText(t, said)
  }
  return (
    <>
      <Field label={t('secret.from')} required help={t('secret.from_help')} error={why('resource')}>
        {(id, described) => <Select id={id} aria-describedby={described} aria-invalid={why('resource') ? true : undefined} value={value.resource || undefined} onChange={(resource) => onChange({ ...value, resource })} options={sources.map((one) => ({ value: one.name, label: one.name }))} style={{ width: '100%' }} />}
      </Field>
      <Field label={t('secret.from_path')} required help={chosen ? t('secret.from_allowed', { mount: chosen.mount, paths: chosen.paths.join(', ') }) : t('secret.from_path_help')} error={why('path')}>
        {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={why('path') ? true : undefined} className="mono" maxLength={512} spellCheck={false} autoComplete="off" value={value.path} onChange={(event) => onChange({ ...value, path: event.target.value })} />}
      </Field>
      <div className="form-grid">
        <Field label={t('secret.from_field')} required error={why('field')}>
          {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={why('field') ? true : undefined} className="mono" maxLength={200} spellCheck={false} autoComplete="off" value={value.field} onChange={(event) => onChange({ ...value, field: event.target.value })} />}
        </Field>
        <Field label={t('secret.from_version')} help={t('secret.from_version_help')} error={why('version')}>
          {(id, described) => <InputNumber id={id} aria-describedby={described} aria-invalid={why('version') ? true : undefined} min={1} precision={0} value={value.version} onChange={(version) => onChange({ ...value, version })} style={{ width: '100%' }} />}
        </Field>
      </div>
    </>
  )
}
