// What a request is about, in full: everything that the one who decides must see.
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { ApprovalDetail } from '@/api/types'
import { may, useMe } from '@/hooks/me'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Facts } from '@/ui/facts'
import { JsonTree } from '@/ui/json-tree'
import { ActorName } from './actor'
import { CheckView } from './check-view'
import { runColumns } from './run-table'
import { Time } from './time'
import { DiffBody } from './version-diff'

export function RequestWhat({ request }: { request: ApprovalDetail }) {
  const { t } = useTranslation()
  return (
    <div className="stack wide">
      {request.change && (
        <Card title={t('approvals.change')} flush>
          <Sides before={request.change.before} after={request.change.after} t={t} />
        </Card>
      )}
      {request.publish && <Publish request={request} />}
      {(request.matter === 'run' || request.matter === 'review') && (
        <Card title={t('approvals.inputs')}>
          {Object.keys(request.inputs).length === 0 ? <p className="muted">{t('run_form.no_inputs')}</p> : <JsonTree value={request.inputs} />}
        </Card>
      )}
      {request.matter !== 'setting' && <Changes request={request} />}
      {request.matter !== 'setting' && (
        <Card title={t('approvals.earlier')} flush>
          {request.earlier.length === 0 ? (
            <p className="card-body muted">{t('approvals.never_ran')}</p>
          ) : (
            <DataTable label={t('approvals.earlier')} rows={request.earlier} rowKey={(run) => run.id} columns={runColumns(t, ['phase', 'id', 'version', 'requester', 'created', 'wall'])} />
          )}
        </Card>
      )}
    </div>
  )
}

/** A setting as it is and as it would be, field by field where both are objects. */
function Sides({ before, after, t }: { before: unknown; after: unknown; t: TFunction }) {
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
  const fields = isObject(before) && isObject(after) ? [...new Set([...Object.keys(before), ...Object.keys(after)])].map((name) => [name, before[name], after[name]] as const) : [['', before, after] as const]
  const changed = fields.filter(([, one, two]) => JSON.stringify(one ?? null) !== JSON.stringify(two ?? null))
  const show = (value: unknown) => (value === null || value === undefined ? <span className="muted">–</span> : isObject(value) || Array.isArray(value) ? <JsonTree value={value} /> : <code className="break">{String(value)}</code>)
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('approvals.change')}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('diff.field')}</th>
            <th scope="col">{t('approvals.before')}</th>
            <th scope="col">{t('approvals.after')}</th>
          </tr>
        </thead>
        <tbody>
          {changed.map(([name, one, two]) => (
            <tr key={name}>
              <td className="fit">{name ? <code>{name}</code> : '–'}</td>
              <td className="wrap break">{show(one)}</td>
              <td className="wrap break">{show(two)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Publish({ request }: { request: ApprovalDetail }) {
  const { t } = useTranslation()
  const wish = request.publish
  if (!wish) return null
  return (
    <>
      <Card title={t('versions.changelog')}>
        <div className="stack">
          {wish.changelog ? <p className="break">{wish.changelog}</p> : <p className="muted">{t('approvals.no_changelog')}</p>}
          <Facts
            items={[
              [t('approvals.author'), <ActorName key="a" actor={wish.author} />],
              wish.at ? [t('approvals.publish_at'), <Time key="t" at={wish.at} />] : null,
              wish.open_remarks > 0 && request.capability && request.version ? [t('versions.remarks'), <Link key="r" href={paths.version(request.capability, request.version)}>{t('approvals.open_remarks', { count: wish.open_remarks })}</Link>] : null,
            ]}
          />
          {request.capability && request.version && <Link href={paths.version(request.capability, request.version)}>{t('versions.review_of', { n: request.version })}</Link>}
        </div>
      </Card>
      <Card title={t('versions.check_title')} flush={Boolean(wish.check)}>
        {wish.check ? <CheckView report={wish.check} /> : <p className="muted">{t('versions.check_none')}</p>}
      </Card>
    </>
  )
}

function Changes({ request }: { request: ApprovalDetail }) {
  const { t } = useTranslation()
  const me = useMe()
  return (
    <Card title={t('approvals.changes')}>
      {request.diff ? (
        <div className="stack">
          <p className="muted">{t('approvals.since', { version: request.diff.from })}</p>
          <DiffBody diff={request.diff} name={request.capability ?? undefined} />
        </div>
      ) : (
        <p>
          {t(request.last_approved ? (request.last_approved.version === request.version ? 'approvals.same_version' : 'approvals.last_approved') : 'approvals.first_time', { version: request.last_approved?.version })}{' '}
          {may(me, 'capability.view_source') && request.capability && request.version && <Link href={paths.source(request.capability, request.version)}>{t('approvals.read_source')}</Link>}
        </p>
      )}
    </Card>
  )
}
