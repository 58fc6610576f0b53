// Consent that holds for many runs: what it covers, who agreed, until when; it is taken back here.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { governance } from '@/api/governance'
import type { StandingView } from '@/api/types'
import { StandingAsk } from '@/forms/standing-ask'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { ActorName } from '@/parts/actor'
import { ApprovalsFrame } from '@/parts/approvals-frame'
import { MatcherText, type Matcher } from '@/parts/matcher'
import { Time } from '@/parts/time'
import { paths } from '@/paths'

export default function Standing() {
  const { t } = useTranslation()
  const me = useMe()
  const query = useQuery({ queryKey: ['standing'], queryFn: governance.standing })
  const [asking, setAsking] = useState(false)
  const { ask, notice } = useAct(['standing'])
  const canAsk = may(me, 'capability.run')
  const revoke = (row: StandingView) => ask({ title: t('standing.revoke_title'), what: t('standing.revoke_what'), ok: t('standing.revoke'), done: t('standing.revoke_done') }, () => governance.revokeStanding(row.id))
  return (
    <ApprovalsFrame
      current="standing"
      action={{ text: t('standing.ask'), can: canAsk, why: t('users.may_not'), onClick: () => setAsking(true) }}
      none={{ why: t('standing.none'), what: t('standing.none_what') }}
      notice={notice}
      query={query}
      rowKey={(row) => row.id}
      columns={[
        { id: 'state', title: t('standing.state'), kind: 'fit', cell: (row) => <span className={`tag ${row.active ? 'ok' : ''}`}>{t(row.active ? 'standing.active' : row.revoked ? 'standing.revoked' : 'standing.over')}</span> },
        { id: 'capability', title: t('runs.capability'), cell: (row) => <Link href={paths.version(row.capability, row.version)}>{`${row.capability} v${row.version}`}</Link> },
        { id: 'inputs', title: t('standing.covers'), wrap: true, cell: (row) => <MatcherText pattern={row.inputs as Record<string, Matcher>} /> },
        { id: 'holder', title: t('standing.holder'), cell: (row) => (row.holder === 'everybody' ? t('standing.everybody') : <ActorName actor={row.requester} />) },
        { id: 'by', title: t('standing.agreed_by'), cell: (row) => row.decisions.map((decision) => <div key={decision.at}><ActorName actor={decision.by} /></div>) },
        { id: 'until', title: t('standing.until'), kind: 'fit', cell: (row) => <Time at={row.until} /> },
        { id: 'request', title: t('approvals.request'), kind: 'fit', cell: (row) => <Link href={paths.approval(row.approval)}>{t('approvals.asked_open')}</Link> },
        {
          id: 'actions',
          title: t('common.actions'),
          kind: 'fit',
          cell: (row) => {
            const can = row.active && row.actions.includes('approval.revoke_standing')
            return (
              <Button size="small" danger disabled={!can} title={can ? undefined : row.active ? t('users.may_not') : t('standing.over')} aria-label={t('standing.revoke_of', { name: row.capability })} onClick={() => revoke(row)}>
                {t('standing.revoke')}
              </Button>
            )
          },
        },
      ]}
    >
      {asking && <StandingAsk onClose={() => setAsking(false)} />}
    </ApprovalsFrame>
  )
}
