// Sign in with name and password; afterwards to where one wanted to go.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input, type InputRef } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Redirect, useLocation, useSearch } from 'wouter'
import { identity } from '@/api/identity'
import { adoptPrefs } from '@/hooks/prefs'
import { Bare } from '@/layouts/bare'
import { ProblemNotice } from '@/parts/problem'
import { paths, safeNext } from '@/paths'
import { Field } from '@/ui/field'

export default function SignIn() {
  const { t } = useTranslation()
  const search = useSearch()
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState<{ name?: boolean; password?: boolean }>({})
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const nameField = useRef<InputRef>(null)
  const passwordField = useRef<InputRef>(null)
  const setup = useQuery({ queryKey: ['setup'], queryFn: identity.setupState, staleTime: 30_000, retry: false })

  useEffect(() => {
    document.title = `${t('signin.title')} · ExecGov`
  }, [t])
  if (setup.data?.open) return <Redirect to={paths.setup()} replace />

  const submit = async () => {
    const lacks = { name: !name.trim(), password: !password }
    setMissing(lacks)
    if (lacks.name) return nameField.current?.focus()
    if (lacks.password) return passwordField.current?.focus()
    setBusy(true)
    setError(undefined)
    try {
      await identity.signIn(name.trim(), password)
      await queries.invalidateQueries({ queryKey: ['me'] })
      adoptPrefs((await queries.fetchQuery({ queryKey: ['me'], queryFn: identity.me })).preferences)
      navigate(safeNext(new URLSearchParams(search).get('next')), { replace: true })
    } catch (cause) {
      setError(cause)
      setPassword('')
      passwordField.current?.focus()
    } finally {
      setBusy(false)
    }
  }
  return (
    <Bare title={t('signin.title')}>
      <form
        className="stack wide"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {error !== undefined && <ProblemNotice error={error} />}
        <Field label={t('signin.name')} error={missing.name && t('signin.name_missing')}>
          {(id, described) => (
            <Input
              id={id}
              ref={nameField}
              autoFocus
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              aria-describedby={described}
              aria-invalid={missing.name || undefined}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t('signin.password')} error={missing.password && t('signin.password_missing')}>
          {(id, described) => (
            <Input.Password
              id={id}
              ref={passwordField}
              autoComplete="current-password"
              aria-describedby={described}
              aria-invalid={missing.password || undefined}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <Button type="primary" htmlType="submit" loading={busy} block>
          {t('signin.submit')}
        </Button>
        <p className="muted">{t('signin.forgot')}</p>
      </form>
    </Bare>
  )
}
