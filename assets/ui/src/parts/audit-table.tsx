// Entries of the audit log as rows.
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import type { AuditEntry } from '@/api/types'
import { shortId } from '@/format'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { ActorName } from './actor'
import { errorTitle } from './problem'
import { OutcomeTag } from './tags'
import { Time } from './time'

export function SubjectLink({ subject, tenant }: { subject: AuditEntry['subject']; tenant?: string }) {
  const { t } = useTranslation()
  const kind = t(`subject.${subject.kind}`, { defaultValue: subject.kind })
  const name = subject.name ?? (subject.id ? shortId(subject.id) : '')
  const to = address(subject, tenant)
  return (
    <span className="nowrap" title={subject.id ?? undefined}>
      <span className="muted">{kind}</span> {to ? <Link href={to} className="underlined">{name}</Link> : name}
    </span>
  )
}

/** Where the thing itself is shown. */
function address({ kind, id, name }: AuditEntry['subject'], tenant?: string): string | undefined {
  if (kind === 'run' && id) return paths.run(id)
  if (kind === 'capability' && name) return paths.capability(name)
  if (kind === 'approval' && id) return paths.approval(id)
  if (kind === 'user' && id) return paths.user(id)
  if (kind === 'announcement' && id) return paths.announcement(id)
  if (kind === 'template' && name) return paths.template(name)
  if (kind === 'resource' && name) return paths.resource(name)
  if (kind === 'secret' && name) return paths.secret(name, tenant === 'public' ? 'platform' : 'tenant')
  if (kind === 'vault') return paths.vault()
  if (kind === 'rule') return paths.rules()
  if (kind === 'freeze') return paths.freezes()
  return undefined
}

export function AuditTable({ entries }: { entries: AuditEntry[] }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  return (
    <DataTable
      label={t('nav.audit')}
      rows={entries}
      rowKey={(entry) => String(entry.index)}
      onOpen={(entry) => navigate(paths.auditEntry(entry.index))}
      columns={[
        {
          id: 'index',
          title: t('audit.index'),
          kind: 'fit',
          cell: (entry) => (
            <Link href={paths.auditEntry(entry.index)} className="num" aria-label={t('audit.open', { index: entry.index })}>
              {entry.index}
            </Link>
          ),
        },
        { id: 'at', title: t('audit.at'), kind: 'fit', cell: (entry) => <Time at={entry.at} /> },
        { id: 'action', title: t('audit.action'), kind: 'fit', cell: (entry) => <code>{entry.action}</code> },
        { id: 'outcome', title: t('audit.outcome'), kind: 'fit', cell: (entry) => <OutcomeTag outcome={entry.outcome} /> },
        { id: 'actor', title: t('audit.actor'), cell: (entry) => <ActorName actor={entry.actor} /> },
        { id: 'subject', title: t('audit.subject'), cell: (entry) => <SubjectLink subject={entry.subject} tenant={entry.tenant} /> },
        {
          id: 'reason',
          title: t('common.reason'),
          cell: (entry) => (entry.reason ? <span title={errorTitle(entry.reason)}>{entry.reason}</span> : <span className="muted">–</span>),
        },
        { id: 'source', title: t('audit.source'), kind: 'fit', cell: (entry) => entry.source ?? <span className="muted">–</span> },
      ]}
    />
  )
}
