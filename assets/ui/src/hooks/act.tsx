// Does something with the appliance from a page: what it refuses stands on the page, what it did is said, and the lists that show it are read anew.
import { type QueryKey, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'

export interface Question {
  title: string
  what?: ReactNode
  ok: string
  done?: string
}

export function useAct(...refresh: QueryKey[]) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const act = async (work: () => Promise<unknown>, done?: string) => {
    setError(undefined)
    setBusy(true)
    try {
      await work()
      if (done) toast.done(done)
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
      await Promise.all(refresh.map((queryKey) => queries.invalidateQueries({ queryKey })))
    }
  }
  /** Asks first: for what cannot be taken back by pressing another button. */
  const ask = (question: Question, work: () => Promise<unknown>) =>
    toast.modal.confirm({
      title: question.title,
      content: question.what,
      okText: question.ok,
      okButtonProps: { danger: true },
      cancelText: t('common.cancel'),
      onOk: () => act(work, question.done),
    })
  return { act, ask, busy, notice: error === undefined ? null : <ProblemNotice error={error} /> }
}
