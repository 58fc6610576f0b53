// Approve or reject, or say whether it was right: a comment, and the password where the risk asks for it. The decision names the digest that is on the page.
import { useQueryClient } from '@tanstack/react-query'
import { Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { approvals } from '@/api/approvals'
import type { ApprovalDetail, MatterKind } from '@/api/types'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'
import { Field } from '@/ui/field'

type Words = Record<MatterKind, Record<'approve' | 'reject', string>>

const TITLE: Words = {
  run: { approve: 'approvals.approve_title', reject: 'approvals.reject_title' },
  publish: { approve: 'approvals.title_publish', reject: 'approvals.reject_title' },
  setting: { approve: 'approvals.title_setting', reject: 'approvals.title_setting' },
  review: { approve: 'approvals.right_title', reject: 'approvals.wrong_title' },
}
const WHAT: Words = {
  run: { approve: 'approvals.approve_what', reject: 'approvals.reject_what' },
  publish: { approve: 'approvals.publish_what', reject: 'approvals.reject_publish_what' },
  setting: { approve: 'approvals.setting_what', reject: 'approvals.reject_setting_what' },
  review: { approve: 'approvals.review_what', reject: 'approvals.review_what' },
}

function doneText(next: ApprovalDetail, verdict: 'approve' | 'reject'): string {
  if (next.state === 'open') return 'approvals.done_counted'
  if (next.matter === 'review') return 'approvals.done_right'
  if (next.matter === 'run') return `approvals.done_${verdict}`
  return verdict === 'approve' ? `approvals.done_${next.matter}` : `approvals.done_reject_${next.matter}`
}

export function ApprovalDecide({ request, verdict, onClose }: { request: ApprovalDetail; verdict: 'approve' | 'reject'; onClose: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  // What was on the page when the form opened: a later look at the server must not change what is decided on.
  const [seen] = useState(request)
  const [comment, setComment] = useState('')
  const [password, setPassword] = useState('')
  const [tried, setTried] = useState(false)
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const rejecting = verdict === 'reject'
  const lacksComment = rejecting && !comment.trim()
  const asksPassword = seen.needs_password && !seen.proven
  const lacksPassword = asksPassword && !password
  const submit = async () => {
    setTried(true)
    if (lacksComment || lacksPassword) return
    setBusy(true)
    setError(undefined)
    try {
      const next = await approvals[verdict](seen.id, { binding: seen.binding, comment: comment.trim() || null, password: asksPassword ? password : null })
      queries.setQueryData(['approvals', 'one', seen.id], next)
      void queries.invalidateQueries({ queryKey: ['approvals'] })
      toast.done(t(doneText(next, verdict)))
      onClose()
    } catch (cause) {
      setError(cause)
      void queries.invalidateQueries({ queryKey: ['approvals', 'one', seen.id] })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      title={t(TITLE[seen.matter][verdict], { capability: seen.capability ?? seen.name, version: seen.version, name: seen.name })}
      okText={t(seen.matter === 'review' ? (rejecting ? 'approvals.wrong' : 'approvals.right') : `approvals.${verdict}`)}
      okButtonProps={{ danger: rejecting }}
      cancelText={t('common.cancel')}
      confirmLoading={busy}
      onOk={() => void submit()}
      onCancel={onClose}
    >
      <form
        className="stack wide"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {error !== undefined && <ProblemNotice error={error} />}
        {seen.on_behalf_of && <p>{t('approvals.behalf_notice', { name: seen.on_behalf_of })}</p>}
        <p>{t(WHAT[seen.matter][verdict])}</p>
        <Field label={t('common.comment')} required={rejecting} error={tried && lacksComment && t('approvals.comment_missing')}>
          {(id, described) => <Input.TextArea id={id} aria-describedby={described} aria-invalid={(tried && lacksComment) || undefined} autoFocus rows={3} maxLength={2000} value={comment} onChange={(event) => setComment(event.target.value)} />}
        </Field>
        {seen.needs_password && seen.proven && <p className="muted">{t('approvals.proven')}</p>}
        {asksPassword && (
          <Field label={t('approvals.password')} required help={t(seen.matter === 'run' ? 'approvals.password_help' : 'approvals.password_help_any')} error={tried && lacksPassword && t('signin.password_missing')}>
            {(id, described) => <Input.Password id={id} aria-describedby={described} aria-invalid={(tried && lacksPassword) || undefined} autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />}
          </Field>
        )}
        <button type="submit" hidden />
      </form>
    </Modal>
  )
}
