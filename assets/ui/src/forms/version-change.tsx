// Asks for a review, gives back, publishes, goes back to, deprecates or retires a version, with a reason for those who read the history.
import { useQueryClient } from '@tanstack/react-query'
import { Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { capabilities } from '@/api/capabilities'
import type { CapabilitySummary, Mode, VersionSummary } from '@/api/types'
import { parseLocal } from '@/format'
import { useTime } from '@/hooks/time'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'

export type VersionAct = 'submit' | 'return' | 'publish' | 'rollback' | 'deprecate' | 'retire'

/** What can be done with a version in its state; the usual thing comes last. Mirrors `domain::capability::VersionPhase::apply`. */
export function actsOf(version: VersionSummary, mode: Mode | undefined): VersionAct[] {
  if (version.current) return ['deprecate']
  if (version.state === 'draft') return mode === 'solo' ? ['retire', 'submit', 'publish'] : ['retire', 'submit']
  if (version.state === 'in_review') return ['retire', 'return', 'publish']
  if (version.state === 'published') return ['deprecate', 'rollback']
  return version.state === 'deprecated' ? ['retire', 'rollback'] : []
}

export function VersionChange({ unit, act, version, onClose, onDone }: { unit: CapabilitySummary; act: VersionAct; version: VersionSummary; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const [comment, setComment] = useState(act === 'submit' ? (version.changelog ?? version.comment ?? '') : '')
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const { zone } = useTime()
  const [at, setAt] = useState('')
  const [password, setPassword] = useState('')
  const publishAt = at ? parseLocal(at, zone) : undefined
  const wrongTime = at !== '' && !publishAt
  // Agreeing to a review is a decision: grave ones need the person, not just the session.
  const asksPassword = act === 'publish' && version.state === 'in_review' && (unit.risk === 'high' || unit.risk === 'critical')
  const [tried, setTried] = useState(false)
  const lacksLine = act === 'submit' && !comment.trim()
  const lacksPassword = asksPassword && !password
  const submit = async () => {
    setTried(true)
    if (lacksLine || wrongTime || lacksPassword) return
    setBusy(true)
    setError(undefined)
    try {
      if (act === 'submit') await capabilities.submit(unit.name, version.number, comment.trim(), publishAt)
      else if (act === 'publish') await capabilities.publish(unit.name, version.number, comment.trim(), password)
      else await capabilities[act](unit.name, version.number, comment.trim())
      toast.done(t(`versions.${act}_done`, { n: version.number }))
      void queries.invalidateQueries({ queryKey: ['capabilities'] })
      void queries.invalidateQueries({ queryKey: ['approvals'] })
      onDone()
      onClose()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      title={t(`versions.${act}_title`, { n: version.number })}
      okText={t(`versions.${act}`)}
      okButtonProps={{ danger: act === 'deprecate' || act === 'retire' }}
      cancelText={t('common.cancel')}
      confirmLoading={busy}
      onOk={() => void submit()}
      onCancel={onClose}
    >
      <div className="stack">
        {error !== undefined && <ProblemNotice error={error} />}
        <p>{t(`versions.${act}_what`, { n: version.number, current: unit.current ?? t('common.none') })}</p>
        <Field label={t(act === 'submit' ? 'versions.changelog' : 'common.comment')} required={act === 'submit'} help={t(act === 'submit' ? 'versions.changelog_help' : 'versions.comment_help')} error={tried && lacksLine && t('versions.changelog_missing')}>
          {(id, described) => <Input.TextArea id={id} aria-describedby={described} aria-invalid={(tried && lacksLine) || undefined} autoFocus maxLength={1000} rows={3} value={comment} onChange={(event) => setComment(event.target.value)} />}
        </Field>
        {act === 'submit' && (
          <Field label={t('versions.publish_at')} help={t('versions.publish_at_help', { zone })} error={tried && wrongTime && t('rules.invalid')}>
            {(id, described) => <DateInput id={id} aria-describedby={described} moment value={at} onChange={setAt} />}
          </Field>
        )}
        {asksPassword && (
          <Field label={t('approvals.password')} required help={t('approvals.password_help_any')} error={tried && lacksPassword && t('signin.password_missing')}>
            {(id, described) => <Input.Password id={id} aria-describedby={described} aria-invalid={(tried && lacksPassword) || undefined} autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />}
          </Field>
        )}
      </div>
    </Modal>
  )
}
