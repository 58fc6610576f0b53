// A new password for oneself; other sessions end.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'
import { Card } from '@/ui/card'
import { Field } from '@/ui/field'

export function Password({ onDone }: { onDone?: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const save = useMutation({
    mutationFn: () => identity.changePassword({ current, new: next }),
    onSuccess: () => {
      setCurrent('')
      setNext('')
      setAgain('')
      setTried(false)
      toast.done(t('account.password_done'))
      void queries.invalidateQueries({ queryKey: ['me'] })
      onDone?.()
    },
  })
  const differs = next !== again
  return (
    <Card title={t('account.tab_password')}>
      <form
        className="stack wide"
        style={{ maxWidth: 420 }}
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (current && next && !differs) save.mutate()
        }}
      >
        {save.error && <ProblemNotice error={save.error} />}
        <Field label={t('account.current_password')} error={tried && !current && t('signin.password_missing')}>
          {(id, described) => <Input.Password id={id} aria-describedby={described} autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} />}
        </Field>
        <Field label={t('account.new_password')} help={t('account.password_rule')} error={tried && !next && t('signin.password_missing')}>
          {(id, described) => <Input.Password id={id} aria-describedby={described} autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} />}
        </Field>
        <Field label={t('account.password_again')} error={tried && differs && t('account.password_differs')}>
          {(id, described) => <Input.Password id={id} aria-describedby={described} autoComplete="new-password" value={again} onChange={(event) => setAgain(event.target.value)} />}
        </Field>
        <div>
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {t('account.change_password')}
          </Button>
        </div>
      </form>
    </Card>
  )
}
