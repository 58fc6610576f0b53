// A request of a resource, put together: method, path, parameters, body, and what is made of the answer. The manifest that becomes of it is shown beside.
import { useQuery } from '@tanstack/react-query'
import { Button, Input, Segmented, Select } from 'antd'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { resources } from '@/api/resources'
import { type BodyKind, emptyRequest, inputNames, manifestOf, mayHaveBody, readJson, type RequestForm } from '@/parts/http-request'
import { Late } from '@/parts/late'
import { RequestAnswer } from '@/parts/request-answer'
import { RequestInputs } from '@/parts/request-inputs'
import type { SourceStep } from '@/parts/register-flow'
import { WriteBoundary } from '@/parts/resource-tags'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Empty } from '@/ui/empty'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { PairRows } from '@/ui/pair-rows'

const Code = lazy(() => import('@/ui/code'))
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']
const BODIES: BodyKind[] = ['none', 'json', 'form', 'multipart', 'raw']
const NAME = /^[a-z0-9](?!.*\.\.)[a-z0-9._-]{0,63}(?<!\.)$/

export function RequestBuild({ resource, busy, onInspect }: SourceStep & { resource?: string }) {
  const { t } = useTranslation()
  const known = useQuery({ queryKey: ['resources'], queryFn: resources.list })
  const services = known.data?.items.filter((one) => one.kind === 'http')
  const [form, setForm] = useState<RequestForm>(() => emptyRequest(resource ?? ''))
  const [tried, setTried] = useState(false)
  const set = (change: Partial<RequestForm>) => setForm((before) => ({ ...before, ...change }))
  const chosen = services?.find((one) => one.name === form.resource)
  const body = mayHaveBody(form.method) ? form.body : 'none'
  const badName = !NAME.test(form.name)
  const badPath = !form.path.startsWith('/')
  const badJson = body === 'json' && !readJson(form.bodyText)
  const complete = !badName && !badPath && !badJson && form.resource !== ''
  const inspect = () => {
    setTried(true)
    if (complete) onInspect(new File([manifestOf(form)], `${form.name}.toml`, { type: 'application/toml' }))
  }
  if (services?.length === 0)
    return (
      <div className="card">
        <Empty why={t('resource.none')} what={t('resource.none_what')}>
          <Link href={paths.help('how-to/call-an-http-service')}>{t('resource.learn')}</Link>
        </Empty>
      </div>
    )
  return (
    <div className="two-columns">
      <div className="stack wide">
        <Card title={t('request.what')}>
          <div className="form-grid">
            <Field label={t('register.name')} required help={t('secret.name_help')} error={tried && badName && t('secret.name_help')}>
              {(id, described) => <Input id={id} aria-describedby={described} maxLength={64} spellCheck={false} value={form.name} onChange={(event) => set({ name: event.target.value })} />}
            </Field>
            <Field label={t('request.title')}>{(id) => <Input id={id} maxLength={200} value={form.title} onChange={(event) => set({ title: event.target.value })} />}</Field>
            <Field label={t('capability.purpose')} full>{(id) => <Input.TextArea id={id} rows={2} value={form.description} onChange={(event) => set({ description: event.target.value })} />}</Field>
          </div>
        </Card>
        <Card title={t('request.request')}>
          <div className="stack wide">
            <div className="form-grid">
              <Field label={t('subject.resource')} required error={tried && !form.resource && t('rules.required')}>
                {(id, described) => <Select id={id} aria-describedby={described} showSearch value={form.resource || undefined} onChange={(value) => set({ resource: value })} options={(services ?? []).map((one) => ({ value: one.name, label: one.name }))} style={{ width: '100%' }} />}
              </Field>
              <Field label={t('resource.method')}>{(id) => <Select id={id} value={form.method} onChange={(method) => set({ method })} options={METHODS.map((value) => ({ value, label: value }))} style={{ width: '100%' }} />}</Field>
              <Field label={t('request.path')} required full help={t('request.path_help')} error={tried && badPath && t('request.path_help')}>
                {(id, described) => <Input id={id} aria-describedby={described} className="mono" spellCheck={false} placeholder="/orders/{id}" value={form.path} onChange={(event) => set({ path: event.target.value })} />}
              </Field>
            </div>
            {chosen && mayHaveBody(form.method) && form.method !== 'OPTIONS' && (
              <Notice tone="wait" title={t('request.writes')}>
                {t('request.writes_what')} <WriteBoundary resource={chosen} />
              </Notice>
            )}
            <div className="field">
              <span className="label">{t('request.query')}</span>
              <PairRows label={t('request.query')} names={[t('request.param'), t('resource.header_value')]} placeholders={['month', '{month}']} add={t('request.query_add')} value={form.query} onChange={(query) => set({ query })} />
            </div>
            <div className="field">
              <span className="label">{t('request.headers')}</span>
              <PairRows label={t('request.headers')} names={[t('resource.header_name'), t('resource.header_value')]} placeholders={['X-Team', '{team}']} add={t('resource.header_add')} value={form.headers} onChange={(headers) => set({ headers })} />
            </div>
            {mayHaveBody(form.method) && (
              <div className="field">
                <span className="label">{t('request.body')}</span>
                <Segmented aria-label={t('request.body')} value={form.body} onChange={(value) => set({ body: value })} options={BODIES.map((value) => ({ value, label: t(`request.body_${value}`) }))} />
              </div>
            )}
            {(body === 'json' || body === 'raw') && (
              <Field label={t('request.body_text')} help={t(`request.body_help_${body}`)} error={tried && badJson && t('request.bad_json')}>
                {(id, described) => <Input.TextArea id={id} aria-describedby={described} aria-invalid={(tried && badJson) || undefined} className="mono tall" rows={6} spellCheck={false} value={form.bodyText} placeholder={body === 'json' ? '{ "amount": "{amount}" }' : undefined} onChange={(event) => set({ bodyText: event.target.value })} />}
              </Field>
            )}
            {body === 'raw' && <Field label={t('request.content_type')}>{(id) => <Input id={id} spellCheck={false} value={form.contentType} onChange={(event) => set({ contentType: event.target.value })} />}</Field>}
            {(body === 'form' || body === 'multipart') && <PairRows label={t('request.fields')} names={[t('request.field'), t('resource.header_value')]} placeholders={['amount', '{amount}']} add={t('request.field_add')} value={form.fields} onChange={(fields) => set({ fields })} />}
          </div>
        </Card>
        <RequestInputs form={form} names={inputNames(form)} onChange={(inputs) => set({ inputs })} />
        <RequestAnswer form={form} onChange={set} />
        <div>
          <Button type="primary" loading={busy} onClick={inspect}>
            {t('register.inspect')}
          </Button>
          {tried && !complete && <span className="wrong-line">{t('resource.incomplete')}</span>}
        </div>
      </div>
      <Card title={t('request.manifest')}>
        <p className="muted">{t('request.manifest_what')}</p>
        <Late>
          <Code text={manifestOf(form)} path="capability.toml" label={t('request.manifest')} />
        </Late>
      </Card>
    </div>
  )
}
