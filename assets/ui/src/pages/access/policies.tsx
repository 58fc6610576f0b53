// Policies of the tenant's own: versions, what each would have changed, and which one is in force.
import { useQuery } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { policies } from '@/api/access'
import type { PolicyTrial, PolicyVersions, PolicyVersionView } from '@/api/types'
import { PolicyEdit } from '@/forms/policy-edit'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { AreaTabs } from '@/parts/area-tabs'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Time, ZoneNote } from '@/parts/time'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'
import { Skeleton } from '@/ui/skeleton'

const Code = lazy(() => import('@/ui/code'))

export default function Policies() {
  const { t } = useTranslation()
  const me = useMe()
  const query = useQuery({ queryKey: ['policies'], queryFn: policies.list })
  const [writing, setWriting] = useState<{ from?: string }>()
  const canWrite = may(me, 'policy.update')
  return (
    <Page
      title={t('nav.policies')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/write-policies" />
        </>
      }
      actions={
        <Button type="primary" disabled={!canWrite} title={canWrite ? undefined : t('users.may_not')} onClick={() => setWriting({})}>
          {t('own_policy.write')}
        </Button>
      }
    >
      <AreaTabs area="access" current="policies" />
      <Loaded query={query}>{(list) => <Versions list={list} onWrite={(from) => setWriting({ from })} />}</Loaded>
      {writing && <PolicyEdit from={writing.from} onClose={() => setWriting(undefined)} />}
    </Page>
  )
}

function Versions({ list, onWrite }: { list: PolicyVersions; onWrite: (from: string) => void }) {
  const { t } = useTranslation()
  const me = useMe()
  const { act, ask, notice } = useAct(['policies'])
  const [trial, setTrial] = useState<{ number: number; found: PolicyTrial }>()
  const canWrite = may(me, 'policy.update')
  const canActivate = may(me, 'policy.activate')
  const tryOut = (number: number) => act(async () => setTrial({ number, found: await policies.attempt(number) }))
  const activate = (row: PolicyVersionView) =>
    ask({ title: t('own_policy.activate_title', { number: row.number }), what: t('own_policy.activate_what'), ok: t('own_policy.activate'), done: t('own_policy.activated', { number: row.number }) }, () => policies.activate(row.number))
  const deactivate = () => ask({ title: t('own_policy.deactivate_title'), ok: t('own_policy.deactivate'), done: t('own_policy.deactivated') }, policies.deactivate)
  return (
    <div className="stack wide">
      {notice}
      {trial && <Trial number={trial.number} trial={trial.found} />}
      <Card title={t('own_policy.versions')} flush extra={list.active ? <Button size="small" danger disabled={!canWrite} onClick={deactivate}>{t('own_policy.deactivate')}</Button> : undefined}>
        {list.items.length === 0 ? (
          <Empty why={t('own_policy.none')} what={t('own_policy.none_what')} />
        ) : (
          <DataTable
            label={t('own_policy.versions')}
            rows={list.items}
            rowKey={(row) => String(row.number)}
            columns={[
              { id: 'number', title: t('own_policy.version'), kind: 'fit', cell: (row) => <span className="num">{row.number}</span> },
              { id: 'state', title: t('own_policy.state'), kind: 'fit', cell: (row) => <span className={`tag ${row.active ? 'ok' : ''}`}>{t(row.active ? 'own_policy.in_force' : row.tried_at ? 'own_policy.tried' : 'own_policy.new')}</span> },
              { id: 'note', title: t('own_policy.note'), cell: (row) => row.note ?? <span className="muted">–</span> },
              { id: 'trial', title: t('own_policy.trial'), cell: (row) => (row.tried_at ? t('own_policy.trial_said', { changed: row.tried_changed ?? 0, requests: row.tried_requests ?? 0 }) : <span className="muted">–</span>) },
              { id: 'created', title: t('users.created'), kind: 'fit', cell: (row) => <Time at={row.created_at} /> },
              { id: 'by', title: t('versions.by'), kind: 'fit', cell: (row) => <ActorName actor={row.created_by} /> },
              {
                id: 'actions',
                title: t('common.actions'),
                kind: 'fit',
                cell: (row) => (
                  <span className="row together">
                    <Button size="small" disabled={!canWrite} title={canWrite ? undefined : t('users.may_not')} aria-label={t('own_policy.try_one', { number: row.number })} onClick={() => void tryOut(row.number)}>
                      {t('own_policy.try')}
                    </Button>
                    <Button size="small" disabled={!canActivate || row.active || !row.tried_at} title={!canActivate ? t('users.may_not') : row.tried_at ? undefined : t('own_policy.try_first')} aria-label={t('own_policy.activate_one', { number: row.number })} onClick={() => activate(row)}>
                      {t('own_policy.activate')}
                    </Button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Card>
      <Texts list={list} canWrite={canWrite} onWrite={onWrite} />
    </div>
  )
}

function Trial({ number, trial }: { number: number; trial: PolicyTrial }) {
  const { t } = useTranslation()
  return (
    <Notice tone={trial.changed === 0 ? 'ok' : 'wait'} title={t('own_policy.trial_title', { number, changed: trial.changed, requests: trial.requests, days: trial.days })} live>
      {trial.changes.length > 0 && (
        <DataTable
          label={t('own_policy.changes')}
          rows={trial.changes}
          rowKey={(row) => `${row.user} ${row.action} ${row.kind} ${row.name}`}
          columns={[
            { id: 'user', title: t('roles.who'), cell: (row) => row.user },
            { id: 'action', title: t('audit.action'), cell: (row) => <code>{row.action}</code> },
            { id: 'on', title: t('roles.on'), cell: (row) => row.name },
            { id: 'times', title: t('own_policy.times'), kind: 'right', cell: (row) => <span className="num">{row.times}</span> },
            { id: 'would', title: t('own_policy.would'), kind: 'fit', cell: (row) => t(row.allowed_then ? 'own_policy.allowed' : 'own_policy.refused') },
            { id: 'by', title: t('own_policy.by'), cell: (row) => row.policies.map((policy) => <code key={policy}>{policy} </code>) },
          ]}
        />
      )}
    </Notice>
  )
}

/** A version, the built-in policies, or the schema, to read. */
function Texts({ list, canWrite, onWrite }: { list: PolicyVersions; canWrite: boolean; onWrite: (from: string) => void }) {
  const { t } = useTranslation()
  const [which, setWhich] = useState<string>(list.active ? String(list.active) : 'built-in')
  const number = Number(which)
  const version = useQuery({ queryKey: ['policies', number], queryFn: () => policies.show(number), enabled: Number.isInteger(number) && number > 0 })
  const text = which === 'built-in' ? list.built_in : which === 'schema' ? list.schema : version.data?.text
  const choices = [...list.items.map((row) => ({ value: String(row.number), label: t('own_policy.version_n', { number: row.number }) })), { value: 'built-in', label: t('own_policy.built_in') }, { value: 'schema', label: t('own_policy.schema') }]
  return (
    <Card title={t('own_policy.read')}>
      <div className="stack">
        <Field label={t('own_policy.which')}>{(id) => <Select id={id} value={which} onChange={setWhich} options={choices} style={{ width: '100%', maxWidth: 320 }} />}</Field>
        {text === undefined ? (
          <Skeleton label={t('common.loading')} rows={8} />
        ) : (
          <Suspense fallback={<Skeleton label={t('common.loading')} rows={8} />}>
            <Code text={text} path="policy.cedar" label={t('own_policy.text')} />
          </Suspense>
        )}
        {version.data && number > 0 && (
          <div>
            <Button disabled={!canWrite} title={canWrite ? undefined : t('users.may_not')} onClick={() => onWrite(version.data.text)}>
              {t('own_policy.from_this')}
            </Button>
          </div>
        )}
      </div>
    </Card>
  )
}
