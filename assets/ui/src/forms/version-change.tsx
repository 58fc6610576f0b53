// Publishes, goes back to, or deprecates a version, with a reason for those who read the history.
import { useQueryClient } from '@tanstack/react-query'
import { Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { capabilities } from '@/api/capabilities'
import type { CapabilitySummary, VersionSummary } from '@/api/types'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'
import { Field } from '@/ui/field'

export type VersionAct = 'submit' | 'return' | 'publish' | 'rollback' | 'deprecate'

export function VersionChange({ unit, act, version, onClose, onDone }: { unit: CapabilitySummary; act: VersionAct; version: VersionSummary; onClose: () => void; onDone: () => void }) {
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
      await capabilities[act](unit.name, version.number, comment.trim())
      toast.done(t(`versions.${act}_done`, { n: version.number }))
      void queries.invalidateQueries({ queryKey: ['capabilities'] })
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
      okButtonProps={{ danger: act === 'deprecate' }}
      cancelText={t('common.cancel')}
      confirmLoading={busy}
      onOk={() => void submit()}
      onCancel={onClose}
    >
      <div className="stack">
        {error !== undefined && <ProblemNotice error={error} />}
        <p>{t(`versions.${act}_what`, { n: version.number, current: unit.current ?? t('common.none') })}</p>
        <Field label={t(act === 'submit' ? 'versions.changelog' : 'common.comment')} required={act === 'submit'} help={t(act === 'submit' ? 'versions.changelog_help' : 'versions.comment_help')}>
          {(id, described) => <Input.TextArea id={id} aria-describedby={described} autoFocus maxLength={1000} rows={3} value={comment} onChange={(event) => setComment(event.target.value)} />}
        </Field>
      </div>
    </Modal>
  )
}
