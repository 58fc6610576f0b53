// Adds a resource or changes one: where it is, how one signs in, what may be written, whom to believe, and the limits.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input, InputNumber, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useParams } from 'wouter'
import { resources } from '@/api/resources'
import type { HttpResourceSettings, ResourceKind, ResourceTls, ResourceView } from '@/api/types'
import { AuthFields, isComplete, SecretField } from '@/forms/resource-auth'
import { useLeaveGuard } from '@/hooks/leave-guard'
import { may, useMe } from '@/hooks/me'
import { Forbidden } from '@/pages/errors'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'
import { type Pair, PairRows } from '@/ui/pair-rows'

const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'] as const
const READS = ['GET', 'HEAD', 'OPTIONS'] as const
const SORTS: ResourceKind[] = ['http', 'secret_source']
const NO_TLS: ResourceTls = { authority: null, client_certificate: null, client_key: null, pins: [] }
const MIB = 1 << 20

export default function ResourceEdit() {
  const me = useMe()
  const { name } = useParams<{ name?: string }>()
  const query = useQuery({ queryKey: ['resources', 'one', name], queryFn: () => resources.show(decodeURIComponent(name ?? '')), enabled: name !== undefined })
  if (me && !may(me, 'resource.manage')) return <Forbidden />
  if (name === undefined) return <Form />
  return (
    <Loaded query={query} page>
      {(resource) => <Form key={resource.digest} was={resource} />}
    </Loaded>
  )
}

function Form({ was }: { was?: ResourceView }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const [, navigate] = useLocation()
  const [name, setName] = useState(was?.name ?? '')
  const [sort, setSort] = useState<ResourceKind>(was?.kind ?? 'http')
  const [purpose, setPurpose] = useState(was?.purpose ?? '')
  const [owner, setOwner] = useState(was?.owner ?? '')
  const [settings, setSettings] = useState<HttpResourceSettings>(was?.settings ?? { url: '', auth: { kind: 'none' } })
  const [headers, setHeaders] = useState<Pair[]>(Object.entries(was?.settings?.headers ?? {}))
  const [touched, setTouched] = useState(false)
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const leave = useLeaveGuard(touched)
  const auth = settings.auth ?? { kind: 'none' }
  const tls = settings.tls ?? NO_TLS
  const isSource = sort === 'secret_source'
  const source = settings.source ?? { mount: 'secret', paths: [] }
  const set = (change: Partial<HttpResourceSettings>) => {
    setTouched(true)
    setSettings((before) => ({ ...before, ...change }))
  }
  const text = (change: (value: string) => void) => (event: { target: { value: string } }) => {
    setTouched(true)
    change(event.target.value)
  }
  const complete = Boolean(name.trim() && purpose.trim() && settings.url.trim()) && isComplete(auth) && (!isSource || (source.mount.trim() !== '' && source.paths.length > 0))
  const moved = was?.settings && was.settings.url !== settings.url.trim()
  const save = async () => {
    setTried(true)
    if (!complete) return
    setBusy(true)
    setError(undefined)
    const whole: HttpResourceSettings = { ...settings, url: settings.url.trim(), auth, tls, source: isSource ? { ...source, mount: source.mount.trim() } : null, ...(isSource ? { writes: [], redirects: 0 } : {}), headers: Object.fromEntries(headers.filter(([key]) => key.trim()).map(([key, value]) => [key.trim(), value])) }
    try {
      const done = was
        ? await resources.update(was.name, { purpose: purpose.trim(), owner: owner.trim(), settings: whole })
        : await resources.add({ name: name.trim(), kind: sort, purpose: purpose.trim(), owner: owner.trim() || null, settings: whole })
      leave.allow()
      void queries.invalidateQueries({ queryKey: ['resources'] })
      toast.done(t(was ? 'resource.saved' : 'resource.added', { name: done.name }))
      navigate(paths.resource(done.name))
    } catch (cause) {
      setError(cause)
      window.scrollTo({ top: 0 })
    } finally {
      setBusy(false)
    }
  }
  const required = (value: string) => tried && !value.trim() && t('rules.required')
  return (
    <Page title={was ? t('resource.edit_title', { name: was.name }) : t('resource.add')} crumbs={[{ to: paths.resources(), text: t('nav.resources') }, ...(was ? [{ to: paths.resource(was.name), text: was.name }] : [])]} meta={<HelpLink page={isSource ? 'how-to/read-secrets-from-another-vault' : 'how-to/call-an-http-service'} />}>
      <form
        className="stack wide form-page"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        {error !== undefined && <ProblemNotice error={error} />}
        {tried && !complete && <Notice tone="bad" live title={t('resource.incomplete')} />}
        <Card title={t('resource.what_it_is')}>
          <div className="form-grid">
            <Field label={t('resource.name')} required help={t('resource.name_help')} error={required(name)}>
              {(id, described) => <Input id={id} aria-describedby={described} disabled={Boolean(was)} maxLength={64} spellCheck={false} value={name} onChange={text(setName)} />}
            </Field>
            <Field label={t('resource.sort')} help={t(`resource.sort_help_${sort}`)}>
              {(id, described) => (
                <Select
                  id={id}
                  aria-describedby={described}
                  disabled={Boolean(was)}
                  value={sort}
                  onChange={(next) => {
                    setTouched(true)
                    setSort(next)
                  }}
                  options={SORTS.map((value) => ({ value, label: t(`resource.sort_${value}`) }))}
                  style={{ width: '100%' }}
                />
              )}
            </Field>
            <Field label={t('resource.purpose')} required full help={t('resource.purpose_help')} error={required(purpose)}>
              {(id, described) => <Input id={id} aria-describedby={described} maxLength={500} value={purpose} onChange={text(setPurpose)} />}
            </Field>
            <Field label={t('capabilities.owner')}>{(id) => <Input id={id} maxLength={100} value={owner} onChange={text(setOwner)} />}</Field>
            <Field label={t('resource.url')} required full help={t('resource.url_help')} error={required(settings.url)}>
              {(id, described) => <Input id={id} aria-describedby={described} spellCheck={false} value={settings.url} onChange={(event) => set({ url: event.target.value })} />}
            </Field>
          </div>
          {moved && <Notice tone="wait">{t('resource.moved')}</Notice>}
        </Card>
        <Card title={t('resource.auth')}>
          <div className="stack wide">
            <AuthFields value={auth} onChange={(next) => set({ auth: next })} tried={tried} />
          </div>
        </Card>
        {isSource && (
          <Card title={t('resource.source')}>
            <div className="form-grid">
              <Field label={t('resource.mount')} required help={t('resource.mount_help')} error={required(source.mount)}>
                {(id, described) => <Input id={id} aria-describedby={described} spellCheck={false} value={source.mount} onChange={(event) => set({ source: { ...source, mount: event.target.value } })} />}
              </Field>
              <Field label={t('resource.paths')} required full help={t('resource.paths_help')} error={tried && source.paths.length === 0 && t('rules.required')}>
                {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} tokenSeparators={[' ', ',']} value={source.paths} onChange={(list: string[]) => set({ source: { ...source, paths: list } })} style={{ width: '100%' }} />}
              </Field>
            </div>
          </Card>
        )}
        {!isSource && (
          <Card title={t('resource.whitelist')}>
            <div className="stack">
              <p>{t('resource.whitelist_what')}</p>
              <PairRows
                label={t('resource.whitelist')}
                names={[t('resource.method'), t('resource.path')]}
                choices={WRITES}
                placeholders={['', '/orders/*']}
                add={t('resource.whitelist_add')}
                value={(settings.writes ?? []).map((rule) => [rule.method, rule.path])}
                onChange={(rows) => set({ writes: rows.map(([method, path]) => ({ method, path })) })}
              />
            </div>
          </Card>
        )}
        <Card title={t('resource.health')}>
          <div className="form-grid">
            <Field label={t('resource.method')}>
              {(id) => <Select id={id} value={settings.health?.method ?? 'GET'} disabled={!settings.health?.path} onChange={(method) => set({ health: { ...settings.health, path: settings.health?.path ?? '', method } })} options={READS.map((value) => ({ value, label: value }))} style={{ width: '100%' }} />}
            </Field>
            <Field label={t('resource.path')} help={t(isSource ? 'resource.health_source_help' : 'resource.health_help')}>
              {(id, described) => (
                <Input id={id} aria-describedby={described} placeholder={isSource ? '/v1/auth/token/lookup-self' : '/ping'} spellCheck={false} value={settings.health?.path ?? ''} onChange={(event) => set({ health: event.target.value ? { success: ['2xx'], ...settings.health, method: settings.health?.method ?? 'GET', path: event.target.value } : null })} />
              )}
            </Field>
          </div>
        </Card>
        <Card title="TLS">
          <div className="form-grid">
            <Field label={t('resource.authority')} full help={t('resource.authority_help')}>
              {(id, described) => <Input.TextArea id={id} aria-describedby={described} className="mono tall" rows={3} spellCheck={false} placeholder="-----BEGIN CERTIFICATE-----" value={tls.authority ?? ''} onChange={(event) => set({ tls: { ...tls, authority: event.target.value || null } })} />}
            </Field>
            <SecretField optional label={t('resource.client_certificate')} tried={tried} value={tls.client_certificate ?? ''} onChange={(value) => set({ tls: { ...tls, client_certificate: value || null } })} />
            <SecretField optional label={t('resource.client_key')} tried={tried} value={tls.client_key ?? ''} onChange={(value) => set({ tls: { ...tls, client_key: value || null } })} />
            <Field label={t('resource.pins')} full help={t('resource.pins_help')}>
              {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={tls.pins ?? []} onChange={(pins: string[]) => set({ tls: { ...tls, pins } })} style={{ width: '100%' }} />}
            </Field>
          </div>
        </Card>
        <Card title={t('resource.reach')}>
          <div className="form-grid">
            <Field label={t('resource.private')} full help={t('resource.private_help')}>
              {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={settings.private ?? []} onChange={(list: string[]) => set({ private: list })} style={{ width: '100%' }} />}
            </Field>
            <Field label={t('resource.proxy')} help={t('resource.proxy_help')}>
              {(id, described) => <Input id={id} aria-describedby={described} spellCheck={false} value={settings.proxy ?? ''} onChange={(event) => set({ proxy: event.target.value || null })} />}
            </Field>
            {!isSource && (
              <Field label={t('resource.redirects')} help={t('resource.redirects_help')}>
                {(id, described) => <InputNumber id={id} aria-describedby={described} min={0} max={5} precision={0} value={settings.redirects ?? 0} onChange={(value) => set({ redirects: value ?? 0 })} style={{ width: '100%' }} />}
              </Field>
            )}
          </div>
        </Card>
        <Card title={t('limits.short')}>
          <div className="form-grid">
            <Field label={t('resource.timeout')} help={t('resource.in_seconds')}>
              {(id, described) => <InputNumber id={id} aria-describedby={described} min={0.1} max={600} value={(settings.timeout_ms ?? 30_000) / 1000} onChange={(value) => set({ timeout_ms: Math.round((value ?? 30) * 1000) })} style={{ width: '100%' }} />}
            </Field>
            <Field label={t('resource.max_bytes')} help={t('resource.in_mib')}>
              {(id, described) => <InputNumber id={id} aria-describedby={described} min={1} max={256} precision={0} value={Math.max(1, Math.round((settings.max_bytes ?? 16 * MIB) / MIB))} onChange={(value) => set({ max_bytes: (value ?? 16) * MIB })} style={{ width: '100%' }} />}
            </Field>
            <Field label={t('resource.rate')} help={t('resource.rate_help')}>
              {(id, described) => <InputNumber id={id} aria-describedby={described} min={1} precision={0} value={settings.rate_per_minute} onChange={(value) => set({ rate_per_minute: value })} style={{ width: '100%' }} />}
            </Field>
          </div>
        </Card>
        <Card title={t('resource.headers')}>
          <PairRows
            label={t('resource.headers')}
            names={[t('resource.header_name'), t('resource.header_value')]}
            add={t('resource.header_add')}
            value={headers}
            onChange={(rows) => {
              setTouched(true)
              setHeaders(rows)
            }}
          />
        </Card>
        <div className="row">
          <Button onClick={() => navigate(was ? paths.resource(was.name) : paths.resources())}>{t('common.cancel')}</Button>
          <Button type="primary" htmlType="submit" loading={busy}>
            {t(was ? 'common.save' : 'resource.add')}
          </Button>
          {touched && <span className="dirty">{t('common.unsaved')}</span>}
        </div>
      </form>
    </Page>
  )
}
