// What is configured of a resource, to be read by those who configure it. Credentials are named, never shown.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { HttpResourceSettings, ResourceAuth } from '@/api/types'
import { formatBytes, formatDuration, short } from '@/format'
import { paths } from '@/paths'
import { type FactItem, Facts } from '@/ui/facts'

/** The secret in which a credential is kept. */
export const secretOf = (auth: ResourceAuth | undefined) =>
  auth?.kind === 'basic' ? auth.password : auth?.kind === 'bearer' ? auth.token : auth?.kind === 'api_key' || auth?.kind === 'hmac' ? auth.key : auth?.kind === 'oauth2' ? auth.client_secret : auth?.kind === 'app_role' ? auth.secret_id : undefined

function Secret({ name }: { name: string }) {
  return <Link href={paths.secret(name, 'platform')}>{name}</Link>
}

export function ResourceSettings({ settings }: { settings: HttpResourceSettings }) {
  const { t } = useTranslation()
  const { auth, tls, health } = settings
  const secret = secretOf(auth)
  const parts: FactItem[] = [
    [t('resource.url'), <code key="u" className="break">{settings.url}</code>],
    [t('resource.auth'), t(`resource.kind_${auth?.kind ?? 'none'}`)],
    secret && [t('resource.credential'), <Secret key="s" name={secret} />],
    auth?.kind === 'basic' && [t('resource.username'), auth.username],
    auth?.kind === 'api_key' && [t(`resource.place_${auth.place}`), <code key="n">{auth.name}</code>],
    auth?.kind === 'oauth2' && [t('resource.token_url'), <code key="t" className="break">{auth.token_url}</code>],
    auth?.kind === 'oauth2' && [t('resource.client_id'), auth.client_id],
    auth?.kind === 'oauth2' && (auth.scopes?.length ?? 0) > 0 && [t('account.scopes'), auth.scopes?.join(' ')],
    auth?.kind === 'app_role' && [t('resource.role_id'), <code key="r" className="break">{auth.role_id}</code>],
    auth?.kind === 'app_role' && [t('resource.approle_mount'), <code key="m">{auth.mount}</code>],
    auth?.kind === 'hmac' && [t('resource.signed_parts'), (auth.parts ?? []).map((part) => t(`resource.part_${part}`)).join(', ')],
    tls?.authority && [t('resource.authority'), t('resource.authority_set')],
    tls?.client_certificate && [t('resource.client_certificate'), <Secret key="c" name={tls.client_certificate} />],
    tls?.client_key && [t('resource.client_key'), <Secret key="k" name={tls.client_key} />],
    (tls?.pins?.length ?? 0) > 0 && [t('resource.pins'), tls?.pins?.map((pin) => <div key={pin}><code title={pin}>{short(pin, 16)}</code></div>)],
    (settings.private?.length ?? 0) > 0 && [t('resource.private'), settings.private?.map((one) => <div key={one}><code>{one}</code></div>)],
    health && [t('resource.health'), <code key="h" className="break">{`${health.method ?? 'GET'} ${health.path}`}</code>],
    Object.keys(settings.headers ?? {}).length > 0 && [t('resource.headers'), Object.entries(settings.headers ?? {}).map(([name, value]) => <div key={name}><code className="break">{`${name}: ${value}`}</code></div>)],
    !settings.source && [t('resource.redirects'), settings.redirects ?? 0],
    [t('resource.timeout'), formatDuration(settings.timeout_ms ?? 30_000)],
    [t('resource.max_bytes'), formatBytes(settings.max_bytes)],
    settings.rate_per_minute && [t('resource.rate'), settings.rate_per_minute],
    settings.proxy && [t('resource.proxy'), <code key="p" className="break">{settings.proxy}</code>],
  ]
  return <Facts items={parts} />
}
