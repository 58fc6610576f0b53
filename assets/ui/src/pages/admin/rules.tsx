// What starts need: for each risk class and for capabilities that have a rule of their own; what publishing and settings need; how the appliance is governed.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { approvals } from '@/api/approvals'
import type { RuleView } from '@/api/types'
import { RuleEdit } from '@/forms/rule-edit'
import { formatDuration } from '@/format'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { needText } from '@/parts/approval-tag'
import { GovernanceCard } from '@/parts/governance-card'
import { GroupName } from '@/parts/group-name'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { PlainTag, RiskTag } from '@/parts/tags'
import { type Column, DataTable } from '@/ui/data-table'
import { Page } from '@/ui/page'

export default function Rules() {
  const { t } = useTranslation()
  const me = useMe()
  const query = useQuery({ queryKey: ['rules'], queryFn: approvals.rules })
  const [editing, setEditing] = useState<RuleView | 'new' | undefined>()
  const canSet = may(me, 'rule.update')
  const why = canSet ? undefined : t('users.may_not')
  return (
    <Page
      title={t('nav.rules')}
      meta={<HelpLink page="explanation/approvals" />}
      actions={
        <Button type="primary" disabled={!canSet} title={why} onClick={() => setEditing('new')}>
          {t('rule.add')}
        </Button>
      }
    >
      <div className="stack wide">
        <GovernanceCard />
        <div className="card">
          <Loaded query={query}>
            {({ items }) => (
              <DataTable label={t('nav.rules')} rows={items} rowKey={(row) => row.risk ?? row.matter ?? `capability ${row.capability ?? ''}`} columns={columns(t, (row) => setEditing(row), canSet, why)} />
            )}
          </Loaded>
        </div>
      </div>
      {editing && <RuleEdit view={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />}
    </Page>
  )
}

function columns(t: TFunction, edit: (row: RuleView) => void, canSet: boolean, why?: string): Column<RuleView>[] {
  return [
    { id: 'about', title: t('rule.about'), cell: (row) => (row.risk ? <RiskTag risk={row.risk} /> : row.matter ? <PlainTag>{t(`matter.${row.matter}`)}</PlainTag> : row.capability) },
    { id: 'need', title: t('rule.need'), cell: (row) => <>{needText(t, row.rule.need)}{row.rule.group && <span className="muted"> · {t('rule.of_group')} <GroupName id={row.rule.group} /></span>}{row.rule.checklist_required && <span className="muted"> · {t('rule.checklist_required')}</span>}</> },
    { id: 'reason', title: t('common.reason'), kind: 'fit', cell: (row) => t(row.rule.reason_required ? 'common.yes' : 'common.no') },
    { id: 'ticket', title: t('approvals.ticket'), cell: (row) => (row.rule.ticket_pattern ? <code>{row.rule.ticket_pattern}</code> : '–') },
    { id: 'expires', title: t('rule.waits'), kind: 'fit', cell: (row) => (row.rule.expires_s ? formatDuration(row.rule.expires_s * 1000) : t('rule.usual')) },
    {
      id: 'escalation',
      title: t('rule.escalation'),
      cell: (row) => (row.rule.escalation ? t('rule.escalation_text', { time: formatDuration(row.rule.escalation.after_s * 1000), role: t(`role.${row.rule.escalation.role}`) }) : <span className="muted">–</span>),
    },
    { id: 'set', title: t('rule.set_by'), cell: (row) => (row.set_by ? <ActorName actor={row.set_by} /> : t('rule.usual')) },
    {
      id: 'edit',
      title: t('common.actions'),
      kind: 'fit',
      cell: (row) => (
        <Button size="small" disabled={!canSet} title={why} aria-label={t('rule.edit_of', { name: row.risk ? t(`risk.${row.risk}`) : row.matter ? t(`matter.${row.matter}`) : (row.capability ?? '') })} onClick={() => edit(row)}>
          {t('rule.edit')}
        </Button>
      ),
    },
  ]
}
