// The first administrator, proven by the one-time token that the server printed.
import { Button, Input, Radio } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import type { Mode } from '@/api/types'
import { usePrefs } from '@/hooks/prefs'
import { ProblemNotice } from '@/parts/problem'
import { Field } from '@/ui/field'

export function AdminStep({ onBack, onNext }: { onBack: () => void; onNext: () => Promise<void> }) {
  const { t } = useTranslation()
  const prefs = usePrefs()
  const [token, setToken] = useState('')
  const [name, setName] = useState('')
  const [display, setDisplay] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const [mode, setMode] = useState<Mode>('solo')
  const [tried, setTried] = useState(false)
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setTried(true)
    if (!token.trim() || !name.trim() || !password || password !== again) return
    setBusy(true)
    setError(undefined)
    try {
      await identity.setup({
        token: token.trim(),
        username: name.trim(),
        password,
        mode,
        display_name: display.trim() || undefined,
        language: prefs.language === 'zh' ? 'zh-CN' : 'en',
        time_zone: prefs.zone,
      })
      await identity.signIn(name.trim(), password)
      await onNext()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  const missing = (value: string) => tried && !value.trim() && t('rules.required')
  return (
    <form
      className="stack wide"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {error !== undefined && <ProblemNotice error={error} />}
      <Field label={t('setup.token')} required help={t('setup.token_help')} error={missing(token)}>
        {(id, described) => <Input id={id} aria-describedby={described} autoFocus autoComplete="off" spellCheck={false} value={token} onChange={(event) => setToken(event.target.value)} />}
      </Field>
      <div className="form-grid">
        <Field label={t('signin.name')} required error={missing(name)}>
          {(id, described) => <Input id={id} aria-describedby={described} autoComplete="username" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={t('users.display_name')}>{(id) => <Input id={id} autoComplete="name" value={display} onChange={(event) => setDisplay(event.target.value)} />}</Field>
        <Field label={t('signin.password')} required help={t('account.password_rule')} error={missing(password)}>
          {(id, described) => <Input.Password id={id} aria-describedby={described} autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} />}
        </Field>
        <Field label={t('account.password_again')} required error={tried && password !== again && t('account.password_differs')}>
          {(id, described) => <Input.Password id={id} aria-describedby={described} autoComplete="new-password" value={again} onChange={(event) => setAgain(event.target.value)} />}
        </Field>
      </div>
      <fieldset className="group">
        <legend>{t('setup.mode')}</legend>
        <Radio.Group value={mode} onChange={(event) => setMode(event.target.value as Mode)} style={{ display: 'flex', flexDirection: 'column', gap: 8 }}>
          {(['solo', 'four_eyes'] as const).map((one) => (
            <Radio key={one} value={one}>
              {t(`mode.${one}`)} <span className="muted">{t(`setup.mode_${one}`)}</span>
            </Radio>
          ))}
        </Radio.Group>
      </fieldset>
      <div className="row">
        <Button onClick={onBack}>{t('setup.back')}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t('setup.create_admin')}
        </Button>
      </div>
    </form>
  )
}
