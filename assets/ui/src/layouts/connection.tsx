// Says when the appliance does not answer or the session is over, keeps what was typed, and goes away by itself.
import { useQueryClient } from '@tanstack/react-query'
import { Button, Input, Modal } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { applianceTime, get, onConnection } from '@/api/http'
import { identity } from '@/api/identity'
import { useMe } from '@/hooks/me'
import { useNow, useTime } from '@/hooks/time'
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
  return state === 'signed-out' ? <SignInAgain onDone={back} /> : <SessionEnding onAgain={() => setState('signed-out')} />
}

/** Warned before the end, in time to do something about it. */
const WARN_MS = 120_000

function SessionEnding({ onAgain }: { onAgain: () => void }) {
  const { t } = useTranslation()
  const { clock } = useTime()
  const me = useMe()
  const queries = useQueryClient()
  useNow(Boolean(me?.session))
  if (!me?.session) return null
  const { now, answered } = applianceTime()
  // The appliance notes the last request to within a tenth of the idle time.
  const idle = answered + me.session.idle_s * 900
  const last = Date.parse(me.session.expires_at)
  const ends = Math.min(idle, last)
  if (ends - now > Math.min(WARN_MS, me.session.idle_s * 300)) return null
  const at = clock(new Date(ends - now + Date.now()).toISOString())
  return (
    <div className="stack">
      <Notice
        tone="wait"
        title={t('signin.ending')}
        live
        actions={
          last <= idle ? (
            <Button size="small" onClick={onAgain}>
              {t('signin.again')}
            </Button>
          ) : (
            <Button size="small" onClick={() => void queries.invalidateQueries({ queryKey: ['me'] })}>
              {t('signin.stay')}
            </Button>
          )
        }
      >
        {t(last <= idle ? 'signin.ending_absolute' : 'signin.ending_idle', { at })}
      </Notice>
      <span />
    </div>
  )
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
