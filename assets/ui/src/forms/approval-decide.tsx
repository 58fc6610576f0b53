// Approve or reject: a comment, and the password where the risk asks for it. The decision names the digest that is on the page.
import { useQueryClient } from '@tanstack/react-query'
import { Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { approvals } from '@/api/approvals'
import type { ApprovalDetail } from '@/api/types'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'
import { Field } from '@/ui/field'

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
  const lacksPassword = seen.needs_password && !password
  const submit = async () => {
    setTried(true)
    if (lacksComment || lacksPassword) return
    setBusy(true)
    setError(undefined)
    try {
      const next = await approvals[verdict](seen.id, { binding: seen.binding, comment: comment.trim() || null, password: seen.needs_password ? password : null })
      queries.setQueryData(['approvals', 'one', seen.id], next)
      void queries.invalidateQueries({ queryKey: ['approvals'] })
      toast.done(t(`approvals.done_${next.state === 'open' ? 'counted' : verdict}`))
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
      title={t(rejecting ? 'approvals.reject_title' : 'approvals.approve_title', { capability: seen.capability, version: seen.version })}
      okText={t(rejecting ? 'approvals.reject' : 'approvals.approve')}
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
        <p>{t(rejecting ? 'approvals.reject_what' : 'approvals.approve_what')}</p>
        <Field label={t('common.comment')} required={rejecting} error={tried && lacksComment && t('approvals.comment_missing')}>
          {(id, described) => <Input.TextArea id={id} aria-describedby={described} autoFocus rows={3} maxLength={2000} value={comment} onChange={(event) => setComment(event.target.value)} />}
        </Field>
        {seen.needs_password && (
          <Field label={t('approvals.password')} required help={t('approvals.password_help')} error={tried && lacksPassword && t('signin.password_missing')}>
            {(id, described) => <Input.Password id={id} aria-describedby={described} autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />}
          </Field>
        )}
        <button type="submit" hidden />
      </form>
    </Modal>
  )
}
