// A run that waits: its requester confirms or declines here; who waits for approvers finds the request.
import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { approvals } from '@/api/approvals'
import type { RunDetail } from '@/api/types'
import { paths } from '@/paths'
import { Notice } from '@/ui/notice'
import { ActorName } from './actor'
import { needText } from './approval-tag'
import { ProblemNotice } from './problem'
import { Time } from './time'

export function HoldPanel({ run }: { run: RunDetail }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [busy, setBusy] = useState<'confirm' | 'decline' | undefined>()
  const [error, setError] = useState<unknown>()
  const hold = run.hold
  if (run.review) {
    return (
      <Notice tone="wait" title={t('approvals.glass_ran')}>
        <Link href={paths.approval(run.review)}>{t('approvals.open_review')}</Link>
      </Notice>
    )
  }
  if (!hold) return null
  const decide = async (what: 'confirm' | 'decline') => {
    setBusy(what)
    setError(undefined)
    try {
      const next = what === 'confirm' ? await approvals.confirm(run.id, hold.binding) : await approvals.decline(run.id)
      queries.setQueryData(['run', run.id], next)
      void queries.invalidateQueries({ queryKey: ['approvals'] })
    } catch (cause) {
      setError(cause)
      void queries.invalidateQueries({ queryKey: ['run', run.id] })
    } finally {
      setBusy(undefined)
    }
  }
  if (run.phase === 'awaiting_confirmation') {
    const mine = run.actions.includes('run.confirm')
    return (
      <div className="stack">
        {error !== undefined && <ProblemNotice error={error} />}
        <Notice
          tone="wait"
          title={t('approvals.confirm_title', { capability: run.capability, version: run.version })}
          actions={
            <span className="row">
              <Button loading={busy === 'decline'} disabled={!mine} title={mine ? undefined : t('approvals.confirm_not_yours')} onClick={() => void decide('decline')}>
                {t('approvals.decline')}
              </Button>
              <Button type="primary" loading={busy === 'confirm'} disabled={!mine} title={mine ? undefined : t('approvals.confirm_not_yours')} onClick={() => void decide('confirm')}>
                {t('approvals.confirm')}
              </Button>
            </span>
          }
        >
          <code className="break">{JSON.stringify(run.inputs)}</code>
          <div>
            {t('approvals.expires')} <Time at={hold.expires_at} />
          </div>
        </Notice>
      </div>
    )
  }
  return (
    <Notice tone={run.phase === 'awaiting_approval' ? 'wait' : 'calm'} title={run.phase === 'awaiting_approval' ? needText(t, hold.need) : t('approvals.condition', { need: needText(t, hold.need) })}>
      <div className="muted">
        {t('approvals.rule')}: {t(`approvals.by_${hold.source}`)}
      </div>
      {(hold.overrides ?? []).length > 0 && <div>{t('freeze.in_spite_of', { names: (hold.overrides ?? []).map((one) => one.name).join(', ') })}</div>}
      {hold.standing && (
        <div>
          <Link href={paths.standing()}>{t('approvals.by_standing')}</Link>
        </div>
      )}
      {hold.approval && <Link href={paths.approval(hold.approval)}>{t('approvals.open_request')}</Link>}
      {hold.confirmed_at && (
        <span>
          {t('approvals.confirmed')} <Time at={hold.confirmed_at} />
        </span>
      )}
      {hold.consents.map((consent) => (
        <div key={`${consent.by.id ?? ''} ${consent.at}`}>
          {t('approvals.approved_by')} <ActorName actor={consent.by} /> <Time at={consent.at} /> {consent.self_approved && t('approvals.own')}
        </div>
      ))}
      {run.phase === 'awaiting_approval' && (
        <div>
          {t('approvals.expires')} <Time at={hold.expires_at} />
        </div>
      )}
    </Notice>
  )
}
