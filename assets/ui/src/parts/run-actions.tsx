// Cancel, repeat, compare.
import { useQueryClient } from '@tanstack/react-query'
import { Button, Dropdown, Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { runs, runUrl } from '@/api/runs'
import type { RunDetail } from '@/api/types'
import { paths } from '@/paths'
import { Field } from '@/ui/field'
import { ProblemNotice } from './problem'
import { useToast } from './toast'

const OPEN = new Set(['requested', 'awaiting_confirmation', 'awaiting_approval', 'queued', 'running'])

export function RunActions({ run }: { run: RunDetail }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const [, navigate] = useLocation()
  const [cancelling, setCancelling] = useState(false)
  const [busy, setBusy] = useState(false)
  const open = OPEN.has(run.phase)
  const same = async () => {
    setBusy(true)
    try {
      const next = await runs.start({ capability: run.capability, inputs: run.inputs, rerun_of: run.id, labels: run.labels ?? {} }, crypto.randomUUID())
      void queries.invalidateQueries({ queryKey: ['runs'] })
      navigate(paths.run(next.id))
    } catch (cause) {
      toast.failed(<ProblemNotice error={cause} />)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      {open && (
        <Button danger disabled={!run.actions.includes('run.cancel') || Boolean(run.cancel_asked_by)} title={run.actions.includes('run.cancel') ? undefined : t('run.may_not_cancel')} onClick={() => setCancelling(true)}>
          {t(run.cancel_asked_by ? 'run.cancelling' : 'run.cancel')}
        </Button>
      )}
      <Button loading={busy} onClick={() => void same()}>
        {t('run.again_same')}
      </Button>
      <Button type="primary" onClick={() => navigate(paths.runForm(run.capability, { from: run.id }))}>
        {t('run.again_edited')}
      </Button>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            { key: 'compare', label: t('run.compare'), onClick: () => navigate(paths.compare(run.id, run.rerun_of ?? undefined)) },
            { key: 'receipt', label: <a href={runUrl.receipt(run.id)} download={`${run.id}.receipt.json`}>{t('run.receipt')}</a>, disabled: open },
          ],
        }}
      >
        <Button>{t('nav.more')}</Button>
      </Dropdown>
      {cancelling && <CancelRun run={run} onClose={() => setCancelling(false)} />}
    </>
  )
}

function CancelRun({ run, onClose }: { run: RunDetail; onClose: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const [reason, setReason] = useState('')
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    try {
      await runs.cancel(run.id, reason.trim())
      toast.done(t('run.cancel_asked'))
      void queries.invalidateQueries({ queryKey: ['run', run.id] })
      onClose()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal open title={t('run.cancel_title')} okText={t('run.cancel')} okButtonProps={{ danger: true }} cancelText={t('run.keep')} confirmLoading={busy} onOk={() => void submit()} onCancel={onClose}>
      <div className="stack">
        {error !== undefined && <ProblemNotice error={error} />}
        <p>{t('run.cancel_what')}</p>
        <Field label={t('common.reason')}>{(id) => <Input id={id} autoFocus maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} onPressEnter={() => void submit()} />}</Field>
      </div>
    </Modal>
  )
}
