// The request of an HTTP capability, to be read: what is sent where, and what is made of the answer. The shape is that of `domain::http::call`.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { paths } from '@/paths'
import { formatBytes } from '@/format'
import { HttpVerify } from './http-verify'
import { ResourceCheck } from './resource-check'
import { Card } from '@/ui/card'
import { type FactItem, Facts } from '@/ui/facts'

interface Call {
  resource: string
  method: string
  path: string
  query?: Record<string, unknown>
  headers?: Record<string, string>
  body?: Record<string, unknown>
  response?: { success?: string[]; check?: { at: string; equals: unknown }[]; extract?: string | Record<string, string>; schema?: object; artifact?: string; max_bytes?: number }
  pages?: { kind: string; items: string; max: number }
  retry?: { tries: number; wait_ms: number }
  idempotency_header?: string
  redirects?: number
  verify?: { method?: string; path: string }
}

const pairs = (table: Record<string, unknown> | undefined) => Object.entries(table ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const)

function Pairs({ of, joint }: { of: (readonly [string, string])[]; joint: string }) {
  return (
    <>
      {of.map(([name, value]) => (
        <div key={name}>
          <code className="break">{`${name}${joint}${value}`}</code>
        </div>
      ))}
    </>
  )
}

export function HttpCall({ call: given, verify }: { call: object; verify?: { name: string; version: number; allowed: boolean } }) {
  const { t } = useTranslation()
  const call = given as Call
  const [kind, body] = Object.entries(call.body ?? {})[0] ?? []
  const answer = call.response ?? {}
  const extract = typeof answer.extract === 'string' ? [['', answer.extract] as const] : Object.entries(answer.extract ?? {})
  const items: FactItem[] = [
    [t('subject.resource'), <Link key="r" href={paths.resource(call.resource)}>{call.resource}</Link>],
    [t('resource.health'), <ResourceCheck key="v" name={call.resource} />],
    call.verify && verify && [t('request.verification'), <HttpVerify key="y" {...verify} request={`${call.verify.method ?? 'GET'} ${call.verify.path}`} />],
    pairs(call.query).length > 0 && [t('request.query'), <Pairs key="q" of={pairs(call.query)} joint="=" />],
    pairs(call.headers).length > 0 && [t('request.headers'), <Pairs key="h" of={pairs(call.headers)} joint=": " />],
    kind !== undefined && [
      t('request.body'),
      <div key="b">
        {t(`request.body_${kind}`)}
        <pre className="code-block" tabIndex={0}>
          {kind === 'raw' ? (body as { text: string }).text : JSON.stringify(body, null, 2)}
        </pre>
      </div>,
    ],
    [t('request.success'), (answer.success ?? ['2xx']).join(', ')],
    (answer.check ?? []).length > 0 && [t('request.checks'), answer.check?.map((one) => <div key={one.at}><code className="break">{`${one.at} = ${JSON.stringify(one.equals)}`}</code></div>)],
    extract.length > 0 && [t('request.extract'), extract.map(([name, place]) => <div key={name}><code className="break">{name ? `${name} = ${place}` : place}</code></div>)],
    [t('request.schema'), t(answer.schema ? 'request.schema_set' : 'request.schema_none')],
    answer.artifact && [t('request.artifact'), <code key="a">{answer.artifact}</code>],
    [t('request.max_answer'), formatBytes(answer.max_bytes)],
    call.pages && [t('request.pages'), `${t(`request.pages_${call.pages.kind}`)} · ${t('request.pages_at_most', { count: call.pages.max })}`],
    [t('request.tries'), call.retry?.tries ?? 1],
    call.idempotency_header && [t('request.idempotency'), <code key="i">{call.idempotency_header}</code>],
    (call.redirects ?? 0) > 0 && [t('resource.redirects'), call.redirects],
  ]
  return (
    <Card title={t('request.request')}>
      <div className="stack">
        <pre className="code-block" tabIndex={0} role="region" aria-label={t('request.request')}>
          <strong>{call.method}</strong> {call.path}
        </pre>
        <Facts items={items} />
      </div>
    </Card>
  )
}
