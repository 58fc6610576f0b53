// Which secrets a run was given and what it reached outside: names and versions, never a value.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { RunDetail, SecretUse } from '@/api/types'
import { short } from '@/format'
import { paths } from '@/paths'
import { SecretSource } from './secret-source'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Facts } from '@/ui/facts'

interface Row {
  attempt: number
  used: SecretUse
}

export function CredentialsUsed({ run }: { run: RunDetail }) {
  const { t } = useTranslation()
  const rows: Row[] = run.attempts.flatMap((attempt, at) => (attempt.secrets ?? []).map((used) => ({ attempt: at + 1, used })))
  const reached = [...new Set(run.attempts.flatMap((attempt) => attempt.reached ?? []))]
  if (rows.length === 0 && reached.length === 0 && !run.resource) return null
  // The credentials of a resource are the platform's.
  const platform = Boolean(run.resource)
  return (
    <Card title={t('run.credentials')} flush>
      {(run.resource || reached.length > 0) && (
        <div className="card-body">
          <Facts
            items={[
              run.resource && [t('subject.resource'), <Link key="r" href={paths.resource(run.resource.name)}>{run.resource.name}</Link>],
              run.resource && [t('resource.digest'), <code key="d" title={run.resource.digest}>{short(run.resource.digest)}</code>],
              reached.length > 0 && [t('run.reached'), reached.map((one) => <div key={one}><code className="break">{one}</code></div>)],
            ]}
          />
        </div>
      )}
      {rows.length > 0 && (
        <DataTable
          label={t('run.credentials')}
          rows={rows}
          rowKey={(row) => `${row.attempt} ${row.used.id}`}
          columns={[
            { id: 'name', title: t('subject.secret'), cell: (row) => <Link href={paths.secret(row.used.name, platform ? 'platform' : 'tenant')}>{row.used.name}</Link> },
            { id: 'version', title: t('runs.version'), kind: 'right', cell: (row) => <span className="num">{row.used.version}</span> },
            ...(rows.some((row) => row.used.source) ? [{ id: 'source', title: t('secret.read_from'), wrap: true, cell: (row: Row) => (row.used.source ? <SecretSource read={row.used.source} /> : <span className="muted">{t('secret.kept_here')}</span>) }] : []),
            { id: 'delivery', title: t('secret.delivery'), cell: (row) => (platform ? t('secret.to_resource') : <code>{row.used.delivery === 'env' ? row.used.place : `/run/secrets/${row.used.place}`}</code>) },
            { id: 'attempt', title: t('run.attempt'), kind: 'right', cell: (row) => <span className="num">{row.attempt}</span> },
          ]}
        />
      )}
    </Card>
  )
}
