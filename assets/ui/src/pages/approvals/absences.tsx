// Who stands in for whom, between which moments.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { governance } from '@/api/governance'
import type { DelegationView } from '@/api/types'
import { AbsenceAdd } from '@/forms/absence-add'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { useNow } from '@/hooks/time'
import { ApprovalsFrame } from '@/parts/approvals-frame'
import { Time } from '@/parts/time'

export default function Absences() {
  const { t } = useTranslation()
  const me = useMe()
  const now = useNow(false)
  const query = useQuery({ queryKey: ['absences'], queryFn: governance.absences })
  const [adding, setAdding] = useState(false)
  const { ask, notice } = useAct(['absences'])
  const can = may(me, 'approval.delegate')
  const end = (row: DelegationView) => ask({ title: t('absence.end_title'), ok: t('absence.end'), done: t('absence.end_done') }, () => governance.endAbsence(row.id))
  const state = (row: DelegationView) => (row.active ? 'active' : Date.parse(row.starts) > now ? 'planned' : 'over')
  return (
    <ApprovalsFrame
      current="absences"
      action={{ text: t('absence.add'), can, why: t('absence.may_not'), onClick: () => setAdding(true) }}
      none={{ why: t('absence.none'), what: t('absence.none_what') }}
      notice={notice}
      query={query}
      rowKey={(row) => row.id}
      columns={[
        { id: 'state', title: t('runs.state'), kind: 'fit', cell: (row) => <span className={`tag ${row.active ? 'ok' : ''}`}>{t(`absence.${state(row)}`)}</span> },
        { id: 'from', title: t('absence.from'), cell: (row) => row.from },
        { id: 'to', title: t('absence.to'), cell: (row) => row.to },
        { id: 'starts', title: t('absence.starts'), kind: 'fit', cell: (row) => <Time at={row.starts} /> },
        { id: 'ends', title: t('absence.ends'), kind: 'fit', cell: (row) => <Time at={row.ends} /> },
        { id: 'reason', title: t('common.reason'), wrap: true, cell: (row) => row.reason ?? <span className="muted">–</span> },
        {
          id: 'actions',
          title: t('common.actions'),
          kind: 'fit',
          cell: (row) => (
            <Button size="small" disabled={!row.mine || state(row) === 'over'} title={row.mine ? undefined : t('users.may_not')} aria-label={t('absence.end_of', { name: row.to })} onClick={() => end(row)}>
              {t('absence.end')}
            </Button>
          ),
        },
      ]}
    >
      {adding && <AbsenceAdd onClose={() => setAdding(false)} />}
    </ApprovalsFrame>
  )
}
