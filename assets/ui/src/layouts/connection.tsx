// Says when the appliance does not answer or the session is over, keeps what was typed, and goes away by itself.
import { useQueryClient } from '@tanstack/react-query'
import { Button, Input, Modal } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { get, onConnection } from '@/api/http'
import { identity } from '@/api/identity'
import { useMe } from '@/hooks/me'
import { ProblemNotice } from '@/parts/problem'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'

export function ConnectionBanner() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [state, setState] = useState<'online' | 'offline' | 'signed-out'>('online')
  useEffect(
    () =>
      onConnection((next) =>
        setState((old) => {
          if (old === 'offline' && next === 'online') void queries.invalidateQueries()
          // A refused request after the session ended must not hide that it ended.
          return old === 'signed-out' && next === 'online' ? old : next
        }),
      ),
    [queries],
  )
  useEffect(() => {
    if (state !== 'offline') return
    const timer = setInterval(() => void get('/readyz').catch(() => {}), 3000)
    return () => clearInterval(timer)
  }, [state])
  const back = () => {
    setState('online')
    void queries.invalidateQueries()
  }
  if (state === 'offline') {
    return (
      <div className="stack">
        <Notice tone="wait" title={t('errors.offline')} live actions={<Button size="small" onClick={() => void get('/readyz').catch(() => {})}>{t('common.retry')}</Button>}>
          {t('errors.offline_what')}
        </Notice>
        <span />
      </div>
    )
  }
  return state === 'signed-out' ? <SignInAgain onDone={back} /> : null
}

/** The page stays as it is underneath, with everything that was typed. */
function SignInAgain({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation()
  const me = useMe()
  const [password, setPassword] = useState('')
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    try {
      await identity.signIn(me?.name ?? '', password)
      onDone()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      title={t('signin.again')}
      closable={false}
      maskClosable={false}
      okText={t('signin.submit')}
      confirmLoading={busy}
      onOk={() => void submit()}
      cancelText={t('signin.other')}
      onCancel={() => window.location.assign('/signin')}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <p>{t('signin.again_what')}</p>
        {error !== undefined && <ProblemNotice error={error} />}
        <Field label={t('signin.password')}>
          {(id) => <Input.Password id={id} autoFocus autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />}
        </Field>
      </form>
    </Modal>
  )
}
