// Backups and restore drills: when the last one was made, who can open it, and whether it was shown to restore.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { audit } from '@/api/audit'
import { system } from '@/api/system'
import type { AuditEntry, BackupInfo, DrillView } from '@/api/types'
import { formatBytes, formatCount, formatDuration } from '@/format'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Facts } from '@/ui/facts'
import { Notice } from '@/ui/notice'
import { Loaded } from './loaded'
import { OutcomeTag } from './tags'
import { Time } from './time'
import { useVault } from './vault-state'
import { warningText } from './vault-warnings'

export function DrillFacts({ drill }: { drill: DrillView | null | undefined }) {
  const { t } = useTranslation()
  if (!drill) return <p className="muted">{t('health.no_drill')}</p>
  return (
    <Facts
      items={[
        [t('audit.outcome'), <span key="o" className={`tag ${drill.ok ? 'ok' : 'bad'}`}>{t(drill.ok ? 'health.drill_ok' : 'health.drill_failed')}</span>],
        [t('audit.at'), <Time key="a" at={drill.at} />],
        [t('health.took'), formatDuration(drill.took_ms)],
        [t('common.details'), <span key="d" lang="en">{drill.detail}</span>],
      ]}
    />
  )
}

export function Backups() {
  const { t } = useTranslation()
  const me = useMe()
  const queries = useQueryClient()
  const { act, busy, notice } = useAct(['vault'], ['audit', 'backup.create'])
  const [made, setMade] = useState<BackupInfo>()
  const vault = useVault()
  const can = may(me, 'backup.create')
  const why = can ? undefined : t('users.may_not')
  const last = useQuery({ queryKey: ['audit', 'backup.create'], queryFn: ({ signal }) => audit.list({ action: 'backup.create', limit: 1 }, signal), enabled: may(me, 'audit.view') })
  const back = () => act(async () => setMade(await system.backup()))
  const drill = () =>
    act(async () => {
      const held = await system.drill()
      queries.setQueryData(['vault'], (was: object | undefined) => (was ? { ...was, drill: held } : was))
    })
  return (
    <Card
      title={t('health.backups')}
      extra={
        <span className="row tight">
          <Button size="small" disabled={!can} title={why} loading={busy} onClick={drill}>
            {t('health.hold_drill')}
          </Button>
          <Button size="small" disabled={!can} title={why} loading={busy} onClick={back}>
            {t('health.backup')}
          </Button>
        </span>
      }
    >
      <div className="stack wide">
        {notice}
        {made && <Made made={made} />}
        {last.data !== undefined || last.error ? (
          <div className="stack">
            <h3>{t('health.last_backup')}</h3>
            <Loaded query={last}>{({ items }) => (items[0] ? <Last entry={items[0]} /> : <p className="muted">{t('health.no_backup')}</p>)}</Loaded>
          </div>
        ) : null}
        {vault.data && (
          <>
            <div className="stack">
              <h3>{t('health.next_for')}</h3>
              {vault.data.recovery.length === 0 ? <p>{t('health.for_nobody')}</p> : <For who={vault.data.recovery.map((one) => one.recipient)} />}
            </div>
            <div className="stack">
              <h3>{t('health.drill')}</h3>
              <DrillFacts drill={vault.data.drill} />
            </div>
          </>
        )}
        <Link href={paths.help('how-to/back-up')}>{t('health.backup_help')}</Link>
      </div>
    </Card>
  )
}

/** Who can open it. */
function For({ who }: { who: string[] }) {
  const { t } = useTranslation()
  return (
    <ul className="plain-list">
      {who.map((one) => (
        <li key={one}>{one === 'passphrase' ? t('health.for_passphrase') : <code className="break">{one}</code>}</li>
      ))}
    </ul>
  )
}

function Last({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation()
  const who = Array.isArray(entry.details?.encrypted_for) ? entry.details.encrypted_for.map(String) : []
  return (
    <Facts
      items={[
        [t('audit.outcome'), <OutcomeTag key="o" outcome={entry.outcome} />],
        [t('audit.at'), <Time key="a" at={entry.at} />],
        [t('health.backup_file'), <code key="f" className="break">{entry.subject.name}</code>],
        entry.outcome === 'done' && [t('health.encrypted_for'), who.length > 0 ? <For key="w" who={who} /> : <span key="w" className="tag wait">{t('health.not_encrypted')}</span>],
      ]}
    />
  )
}

function Made({ made }: { made: BackupInfo }) {
  const { t } = useTranslation()
  const warnings = made.warnings ?? []
  return (
    <Notice
      tone={warnings.length > 0 ? 'wait' : 'ok'}
      live
      title={t('health.backup_made')}
      actions={
        <a href={`/api/v1/backups/${encodeURIComponent(made.name)}`} download={made.name}>
          {t('common.download')}
        </a>
      }
    >
      <div className="break">
        <code>{made.name}</code> · {formatBytes(made.bytes)} · {t('health.backup_entries', { count: made.entries, n: formatCount(made.entries) })}
      </div>
      {warnings.map((warning) => (
        <div key={warning} className="break">
          {warningText(t, warning)}
        </div>
      ))}
    </Notice>
  )
}
