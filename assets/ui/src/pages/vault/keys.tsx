// The vault itself: whether it is open, how its keys are kept, who can recover, and what somebody should do.
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useQuery } from '@tanstack/react-query'
import { vault } from '@/api/vault'
import type { VaultStatus } from '@/api/types'
import { VaultInit } from '@/forms/vault-init'
import { VaultProve } from '@/forms/vault-prove'
import { VaultRecover } from '@/forms/vault-recover'
import { VaultRecovery } from '@/forms/vault-recovery'
import { VaultRotate } from '@/forms/vault-rotate'
import { VaultUnseal } from '@/forms/vault-unseal'
import { formatCount } from '@/format'
import { useAct } from '@/hooks/act'
import { AreaTabs } from '@/parts/area-tabs'
import { DrillFacts } from '@/parts/backups'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Time, ZoneNote } from '@/parts/time'
import { reminders, VaultTag } from '@/parts/vault-state'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Facts } from '@/ui/facts'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

type Dialog = 'init' | 'unseal' | 'rotate' | 'recover' | 'recovery'

export default function Vault() {
  // While values move to a new key, the number that is left is worth watching.
  const query = useQuery({ queryKey: ['vault'], queryFn: vault.status, refetchInterval: ({ state }) => (state.data?.rotation ? 1_000 : 30_000) })
  return (
    <Loaded query={query} page>
      {(status) => <VaultPage status={status} />}
    </Loaded>
  )
}

function VaultPage({ status }: { status: VaultStatus }) {
  const { t } = useTranslation()
  const { ask, notice } = useAct(['vault'], ['doctor'])
  const [open, setOpen] = useState<Dialog>()
  const [proving, setProving] = useState<string>()
  const can = (action: string) => status.actions.includes(action)
  const gate = (action: string) => ({ disabled: !can(action), title: can(action) ? undefined : t('users.may_not') })
  const seal = () => ask({ title: t('vault.seal_title'), what: t('vault.seal_what'), ok: t('vault.seal'), done: t('vault.sealed') }, vault.seal)
  const close = () => setOpen(undefined)
  const todo = reminders(t, status)
  return (
    <Page
      title={t('nav.vault')}
      meta={
        <>
          <VaultTag state={status.state} />
          <ZoneNote />
          <HelpLink page="how-to/keep-secrets" />
        </>
      }
      actions={
        status.state === 'absent' ? (
          <Button type="primary" {...gate('vault.update')} onClick={() => setOpen('init')}>
            {t('vault.init')}
          </Button>
        ) : status.state === 'sealed' ? (
          <>
            <Button {...gate('vault.update')} onClick={() => setOpen('recover')}>
              {t('vault.recover')}
            </Button>
            <Button type="primary" {...gate('vault.unseal')} onClick={() => setOpen('unseal')}>
              {t('vault.unseal')}
            </Button>
          </>
        ) : (
          <>
            <Button danger {...gate('vault.unseal')} onClick={seal}>
              {t('vault.seal')}
            </Button>
            <Button {...gate('vault.update')} onClick={() => setOpen('rotate')}>
              {t('vault.rotate')}
            </Button>
          </>
        )
      }
    >
      <AreaTabs area="credentials" current="vault" />
      <div className="stack wide">
        {notice}
        {status.state === 'sealed' && <Notice tone="bad" title={t('vault.is_sealed')}>{t('vault.is_sealed_what')}</Notice>}
        {status.rotation && <Rotation rotation={status.rotation} />}
        {todo.length > 0 && (
          <Notice tone="wait" title={t('vault.look', { count: todo.length })}>
            <ul>
              {todo.map((text) => (
                <li key={text} className="break">
                  {text}
                </li>
              ))}
            </ul>
          </Notice>
        )}
        {status.state === 'absent' ? (
          <div className="card">
            <Empty why={t('vault.is_absent')} what={t('vault.is_absent_what')}>
              <Link href={paths.help('how-to/keep-secrets')}>{t('vault.learn')}</Link>
            </Empty>
          </div>
        ) : (
          <div className="two-columns">
            <div className="stack wide">
              <Recovery status={status} onEdit={() => setOpen('recovery')} onProve={setProving} />
              <Card title={t('vault.lost')}>
                <div className="stack">
                  <p>{t('vault.lost_what')}</p>
                  <code className="break">execgov vault recover --identity recovery.key</code>
                  <div>
                    <Button {...gate('vault.update')} onClick={() => setOpen('recover')}>
                      {t('vault.recover')}
                    </Button>
                  </div>
                </div>
              </Card>
            </div>
            <div className="stack wide">
              <Card title={t('vault.keys')}>
                <Facts
                  items={[
                    [t('vault.method'), status.method && t(`vault.method_${status.method}`)],
                    [t('vault.master_key'), <span key="m" className="break"><code>{status.master}</code></span>],
                    [t('vault.master_since'), <Time key="s" at={status.master_since} />],
                    [t('vault.data_key'), status.data_key],
                    [t('vault.data_since'), <Time key="d" at={status.data_key_since} />],
                    [t('nav.secrets'), <Link key="n" href={paths.secrets()}>{formatCount(status.secrets)}</Link>],
                    [t('vault.expire_soon'), status.expiring],
                    [t('vault.runs_wait'), status.waiting],
                  ]}
                />
              </Card>
              <Card title={t('health.drill')} extra={<Link href={paths.health()}>{t('home.see_health')}</Link>}>
                <DrillFacts drill={status.drill} />
              </Card>
            </div>
          </div>
        )}
      </div>
      {open === 'init' && <VaultInit onClose={close} />}
      {open === 'unseal' && <VaultUnseal status={status} onClose={close} />}
      {open === 'rotate' && <VaultRotate status={status} onClose={close} />}
      {open === 'recover' && <VaultRecover onClose={close} />}
      {open === 'recovery' && <VaultRecovery status={status} onClose={close} />}
      {proving && <VaultProve recipient={proving} onClose={() => setProving(undefined)} />}
    </Page>
  )
}

function Rotation({ rotation }: { rotation: NonNullable<VaultStatus['rotation']> }) {
  const { t } = useTranslation()
  return (
    <Notice tone="info" live title={t('vault.rotating', { count: rotation.left, left: formatCount(rotation.left), to: rotation.to })}>
      {t('vault.rotating_what')}
    </Notice>
  )
}

function Recovery({ status, onEdit, onProve }: { status: VaultStatus; onEdit: () => void; onProve: (recipient: string) => void }) {
  const { t } = useTranslation()
  const can = status.actions.includes('vault.update')
  const why = can ? (status.state === 'open' ? undefined : t('vault.is_sealed')) : t('users.may_not')
  return (
    <Card
      title={t('vault.recipients')}
      flush
      extra={
        <Button size="small" disabled={Boolean(why)} title={why} onClick={onEdit}>
          {t('vault.recipients_edit')}
        </Button>
      }
    >
      {status.recovery.length === 0 ? (
        <Empty why={t('vault.recipients_none')} what={t('vault.warn_no_recovery')} />
      ) : (
        <DataTable
          label={t('vault.recipients')}
          rows={status.recovery}
          rowKey={(row) => row.recipient}
          columns={[
            {
              id: 'recipient',
              title: t('vault.recipient'),
              wrap: true,
              cell: (row) => (
                <span className="row tight">
                  <code className="break grow">{row.recipient}</code>
                  <CopyButton text={row.recipient} label={t('vault.copy_recipient')} />
                </span>
              ),
            },
            { id: 'added', title: t('vault.added'), kind: 'fit', cell: (row) => <Time at={row.added_at} /> },
            { id: 'proven', title: t('vault.proven_at'), kind: 'fit', cell: (row) => (row.proven_at ? <Time at={row.proven_at} /> : <span className="tag wait">{t('vault.never_proven')}</span>) },
            {
              id: 'act',
              title: <span className="visually-hidden">{t('common.actions')}</span>,
              kind: 'fit',
              cell: (row) => (
                <Button size="small" disabled={!can} title={can ? undefined : t('users.may_not')} onClick={() => onProve(row.recipient)}>
                  {t('vault.prove')}
                </Button>
              ),
            },
          ]}
        />
      )}
    </Card>
  )
}
