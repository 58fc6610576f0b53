// "Can X do Y on Z?", answered with the rule that decided.
import { useMutation } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import type { ExplainRequest } from '@/api/types'
import { may, useMe } from '@/hooks/me'
import { useUrlState } from '@/hooks/url-state'
import { AccessAnswer } from '@/parts/access-answer'
import { PersonInput } from '@/parts/name-inputs'
import { ProblemNotice } from '@/parts/problem'
import { Field } from '@/ui/field'

/** The thing an action is about, by the first part of its name. */
export function resourceFor(action: string, name: string): ExplainRequest['resource'] {
  const noun = action.split('.')[0] ?? ''
  const given = name.trim()
  if (action === 'capability.register' || action === 'file.upload' || action === 'user.create' || ['rule', 'freeze', 'grant', 'policy', 'template', 'community', 'secret'].includes(noun)) return { kind: 'tenant' }
  if (given.startsWith('space:')) return { kind: 'space', path: given.slice('space:'.length) }
  if (noun === 'capability') return given ? { kind: 'capability', name: given } : { kind: 'capability' }
  if (noun === 'run' || noun === 'artifact') return given ? { kind: 'run', id: given } : { kind: 'run' }
  if (noun === 'audit') return { kind: 'audit' }
  if ((noun === 'user' || noun === 'session' || noun === 'token') && given) return { kind: noun, id: given }
  if (noun === 'user') return { kind: 'tenant' }
  return { kind: 'appliance' }
}

export function AccessExplain({ actions }: { actions: string[] }) {
  const { t } = useTranslation()
  const me = useMe()
  // The question is part of the address: it can be sent to the one who asked why.
  const [state, change] = useUrlState()
  const [user, setUser] = useState(state.user ?? '')
  const [action, setAction] = useState(state.action && actions.includes(state.action) ? state.action : 'capability.run')
  const [name, setName] = useState(state.on ?? '')
  const any = may(me, 'access.explain_any')
  const ask = useMutation({ mutationFn: () => identity.explain({ user: user.trim() || undefined, action, resource: resourceFor(action, name) }) })
  const said = ask.data
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        change({ user: user.trim(), action, on: name.trim() }, 'replace')
        ask.mutate()
      }}
    >
      <div className="form-grid">
        <Field label={t('roles.who')} help={t(any ? 'roles.who_help' : 'roles.only_self')}>
          {(id, described) => <PersonInput id={id} aria-describedby={described} disabled={!any} value={user} placeholder={me?.name} onChange={setUser} />}
        </Field>
        <Field label={t('audit.action')}>
          {(id) => <Select id={id} showSearch value={action} onChange={setAction} options={actions.map((value) => ({ value, label: value }))} style={{ width: '100%' }} />}
        </Field>
        <Field label={t('roles.on')} help={t('roles.on_help')}>
          {(id, described) => <Input id={id} aria-describedby={described} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
      </div>
      <div>
        <Button type="primary" htmlType="submit" loading={ask.isPending}>
          {t('roles.ask')}
        </Button>
      </div>
      {ask.error && <ProblemNotice error={ask.error} />}
      {said && <AccessAnswer said={said} />}
    </form>
  )
}
