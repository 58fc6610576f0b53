// The frame of a form in a dialog: refused values are named and the first takes the focus, what the appliance refuses stands above them, Enter sends.
import { type QueryKey, useQueryClient } from '@tanstack/react-query'
import { Modal } from 'antd'
import { type ReactNode, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemNotice } from './problem'
import { useToast } from './toast'

interface Props {
  title: string
  ok: string
  danger?: boolean
  width?: number
  /** Nothing that is required is missing. */
  complete: boolean
  work: () => Promise<unknown>
  /** What shows the change. */
  refresh?: QueryKey[]
  done?: string
  onClose: () => void
  /** Told whether sending was tried: before that nothing is called missing. */
  children: (tried: boolean) => ReactNode
}

export function FormDialog(props: Props) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const form = useRef<HTMLFormElement>(null)
  const submit = async () => {
    setTried(true)
    if (!props.complete) {
      // Once the fields say what is wrong with them.
      setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus())
      return
    }
    setBusy(true)
    setError(undefined)
    try {
      await props.work()
      void Promise.all((props.refresh ?? []).map((queryKey) => queries.invalidateQueries({ queryKey })))
      if (props.done) toast.done(props.done)
      props.onClose()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal open title={props.title} okText={props.ok} okButtonProps={{ danger: props.danger }} cancelText={t('common.cancel')} confirmLoading={busy} onOk={() => void submit()} onCancel={props.onClose} width={props.width ?? 520}>
      <form
        ref={form}
        className="stack wide"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {error !== undefined && <ProblemNotice error={error} />}
        {props.children(tried)}
        <button type="submit" hidden />
      </form>
    </Modal>
  )
}
