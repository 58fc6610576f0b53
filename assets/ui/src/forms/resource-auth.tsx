// How one signs in to a resource: the style, its settings, and the name of the secret. The value itself is in the vault.
import { useQuery } from '@tanstack/react-query'
import { AutoComplete, Input, Select } from 'antd'
import { useDeferredValue } from 'react'
import { useTranslation } from 'react-i18next'
import { secrets } from '@/api/secrets'
import type { ResourceAuth, SignedPart } from '@/api/types'
import { may, useMe } from '@/hooks/me'
import { Field } from '@/ui/field'

const KINDS: ResourceAuth['kind'][] = ['none', 'basic', 'bearer', 'api_key', 'oauth2', 'app_role', 'hmac']
const PARTS: SignedPart[] = ['method', 'host', 'path', 'query', 'timestamp', 'body_sha256', 'key_id']

/** The settings with which a style begins. */
function fresh(kind: ResourceAuth['kind']): ResourceAuth {
  if (kind === 'basic') return { kind, username: '', password: '' }
  if (kind === 'bearer') return { kind, token: '' }
  if (kind === 'api_key') return { kind, place: 'header', name: 'X-Api-Key', key: '' }
  if (kind === 'oauth2') return { kind, token_url: '', client_id: '', client_secret: '', scopes: [] }
  if (kind === 'app_role') return { kind, mount: 'approle', role_id: '', secret_id: '' }
  if (kind === 'hmac') return { kind, key: '', hash: 'sha256', form: 'hex', parts: ['method', 'path', 'query', 'timestamp', 'body_sha256'], timestamp_header: 'X-Timestamp', signature_header: 'X-Signature', prefix: '' }
  return { kind: 'none' }
}

/** Nothing that is required is missing. */
export function isComplete(auth: ResourceAuth): boolean {
  if (auth.kind === 'basic') return auth.username !== '' && auth.password !== ''
  if (auth.kind === 'bearer') return auth.token !== ''
  if (auth.kind === 'api_key') return auth.name !== '' && auth.key !== ''
  if (auth.kind === 'oauth2') return auth.token_url !== '' && auth.client_id !== '' && auth.client_secret !== ''
  if (auth.kind === 'app_role') return auth.role_id !== '' && auth.secret_id !== '' && Boolean(auth.mount)
  if (auth.kind === 'hmac') return auth.key !== '' && (auth.parts ?? []).includes('timestamp')
  return true
}

interface Props {
  value: ResourceAuth
  onChange: (value: ResourceAuth) => void
  tried: boolean
}

export function AuthFields({ value, onChange, tried }: Props) {
  const { t } = useTranslation()
  return (
    <>
      <Field label={t('resource.auth')} help={t(`resource.kind_help_${value.kind}`)}>
        {(id, described) => <Select id={id} aria-describedby={described} value={value.kind} onChange={(kind) => onChange(fresh(kind))} options={KINDS.map((kind) => ({ value: kind, label: t(`resource.kind_${kind}`) }))} style={{ width: '100%' }} />}
      </Field>
      {value.kind === 'basic' && (
        <div className="form-grid">
          <Text label={t('resource.username')} required tried={tried} value={value.username} onChange={(username) => onChange({ ...value, username })} />
          <SecretField label={t('resource.password')} tried={tried} value={value.password} onChange={(password) => onChange({ ...value, password })} />
        </div>
      )}
      {value.kind === 'bearer' && <SecretField label={t('resource.token')} tried={tried} value={value.token} onChange={(token) => onChange({ ...value, token })} />}
      {value.kind === 'api_key' && (
        <div className="form-grid">
          <Field label={t('resource.place')}>
            {(id) => <Select id={id} value={value.place} onChange={(place) => onChange({ ...value, place })} options={(['header', 'query'] as const).map((place) => ({ value: place, label: t(`resource.place_${place}`) }))} style={{ width: '100%' }} />}
          </Field>
          <Text label={t('resource.key_name')} required tried={tried} value={value.name} onChange={(name) => onChange({ ...value, name })} />
          <SecretField label={t('resource.key')} tried={tried} value={value.key} onChange={(key) => onChange({ ...value, key })} />
        </div>
      )}
      {value.kind === 'oauth2' && (
        <div className="form-grid">
          <Text label={t('resource.token_url')} required tried={tried} value={value.token_url} onChange={(token_url) => onChange({ ...value, token_url })} />
          <Text label={t('resource.client_id')} required tried={tried} value={value.client_id} onChange={(client_id) => onChange({ ...value, client_id })} />
          <SecretField label={t('resource.client_secret')} tried={tried} value={value.client_secret} onChange={(client_secret) => onChange({ ...value, client_secret })} />
          <Field label={t('account.scopes')}>{(id) => <Select id={id} mode="tags" open={false} suffixIcon={null} value={value.scopes ?? []} onChange={(scopes: string[]) => onChange({ ...value, scopes })} style={{ width: '100%' }} />}</Field>
          <Text label={t('resource.audience')} tried={tried} value={value.audience ?? ''} onChange={(audience) => onChange({ ...value, audience: audience || null })} />
        </div>
      )}
      {value.kind === 'app_role' && (
        <div className="form-grid">
          <Text label={t('resource.role_id')} required tried={tried} value={value.role_id} onChange={(role_id) => onChange({ ...value, role_id })} />
          <SecretField label={t('resource.secret_id')} tried={tried} value={value.secret_id} onChange={(secret_id) => onChange({ ...value, secret_id })} />
          <Text label={t('resource.approle_mount')} required tried={tried} value={value.mount ?? ''} onChange={(mount) => onChange({ ...value, mount })} />
        </div>
      )}
      {value.kind === 'hmac' && (
        <div className="form-grid">
          <SecretField label={t('resource.key')} tried={tried} value={value.key} onChange={(key) => onChange({ ...value, key })} />
          <Field label={t('resource.signed_parts')} help={t('resource.signed_parts_help')} error={tried && !value.parts?.includes('timestamp') && t('resource.needs_timestamp')}>
            {(id, described) => <Select id={id} aria-describedby={described} mode="multiple" value={value.parts ?? []} onChange={(parts) => onChange({ ...value, parts })} options={PARTS.map((part) => ({ value: part, label: t(`resource.part_${part}`) }))} style={{ width: '100%' }} />}
          </Field>
          <Field label={t('resource.hash')}>{(id) => <Select id={id} value={value.hash ?? 'sha256'} onChange={(hash) => onChange({ ...value, hash })} options={[{ value: 'sha256', label: 'HMAC-SHA-256' }, { value: 'sha512', label: 'HMAC-SHA-512' }]} style={{ width: '100%' }} />}</Field>
          <Field label={t('resource.form')}>{(id) => <Select id={id} value={value.form ?? 'hex'} onChange={(form) => onChange({ ...value, form })} options={[{ value: 'hex', label: t('resource.form_hex') }, { value: 'base64', label: 'Base64' }]} style={{ width: '100%' }} />}</Field>
          <Text label={t('resource.timestamp_header')} tried={tried} required value={value.timestamp_header ?? ''} onChange={(timestamp_header) => onChange({ ...value, timestamp_header })} />
          <Text label={t('resource.signature_header')} tried={tried} required value={value.signature_header ?? ''} onChange={(signature_header) => onChange({ ...value, signature_header })} />
          <Text label={t('resource.signature_prefix')} tried={tried} value={value.prefix ?? ''} onChange={(prefix) => onChange({ ...value, prefix })} />
          <Text label={t('resource.key_id')} tried={tried} value={value.key_id ?? ''} onChange={(key_id) => onChange({ ...value, key_id: key_id || null })} />
          <Text label={t('resource.key_id_header')} tried={tried} value={value.key_id_header ?? ''} onChange={(key_id_header) => onChange({ ...value, key_id_header: key_id_header || null })} />
        </div>
      )}
    </>
  )
}

function Text({ label, required, tried, value, onChange }: { label: string; required?: boolean; tried: boolean; value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation()
  const missing = required && tried && !value
  return (
    <Field label={label} required={required} error={missing && t('rules.required')}>
      {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={missing || undefined} maxLength={500} spellCheck={false} autoComplete="off" value={value} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  )
}

/** The name of a secret of the platform; those that exist are proposed. */
export function SecretField({ label, tried, value, onChange, optional }: { label: string; tried: boolean; value: string; onChange: (value: string) => void; optional?: boolean }) {
  const { t } = useTranslation()
  const me = useMe()
  const prefix = useDeferredValue(value)
  const known = useQuery({ queryKey: ['secrets', 'platform', 'names', prefix], queryFn: ({ signal }) => secrets.list({ domain: 'platform', prefix, limit: 8 }, signal), enabled: may(me, 'settings.view'), staleTime: 30_000, retry: false })
  const missing = !optional && tried && !value
  return (
    <Field label={label} required={!optional} help={t('resource.secret_help')} error={missing && t('rules.required')}>
      {(id, described) => <AutoComplete id={id} aria-describedby={described} aria-invalid={missing || undefined} value={value} onChange={(next: string) => onChange(next ?? '')} options={(known.data?.items ?? []).map((one) => ({ value: one.name }))} style={{ width: '100%' }} />}
    </Field>
  )
}
