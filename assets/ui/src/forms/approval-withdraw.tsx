// Takes back a request for approval; what waits for it is cancelled.
import { useQueryClient } from '@tanstack/react-query'
import { Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { approvals } from '@/api/approvals'
import type { ApprovalDetail } from '@/api/types'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'
import { Field } from '@/ui/field'

export function ApprovalWithdraw({ request, onClose }: { request: ApprovalDetail; onClose: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const [comment, setComment] = useState('')
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const next = await approvals.withdraw(request.id, comment.trim())
      queries.setQueryData(['approvals', 'one', request.id], next)
      void queries.invalidateQueries({ queryKey: ['approvals'] })
      toast.done(t('approvals.withdrawn_done'))
      onClose()
    } catch (cause) {
      setError(cause)
      void queries.invalidateQueries({ queryKey: ['approvals', 'one', request.id] })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal open title={t('approvals.withdraw_title')} okText={t('approvals.withdraw')} okButtonProps={{ danger: true }} cancelText={t('common.cancel')} confirmLoading={busy} onOk={() => void submit()} onCancel={onClose}>
      <div className="stack wide">
        {error !== undefined && <ProblemNotice error={error} />}
        <p>{t('approvals.withdraw_what')}</p>
        <Field label={t('common.comment')}>{(id) => <Input.TextArea id={id} autoFocus rows={2} maxLength={2000} value={comment} onChange={(event) => setComment(event.target.value)} />}</Field>
      </div>
    </Modal>
  )
}
