// One account: roles, state, first password, tokens.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'wouter'
import { identity } from '@/api/identity'
import type { RoleName, UserDetail } from '@/api/types'
import { PasswordReset } from '@/forms/password-reset'
import { useAct } from '@/hooks/act'
import { useLeaveGuard } from '@/hooks/leave-guard'
import { may, useMe } from '@/hooks/me'
import { Loaded } from '@/parts/loaded'
import { ProblemNotice } from '@/parts/problem'
import { RolePicker } from '@/parts/role-picker'
import { Time, ZoneNote } from '@/parts/time'
import { useToast } from '@/parts/toast'
import { TokenTable } from '@/parts/token-table'
import { UserState } from '@/parts/user-state'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Facts } from '@/ui/facts'
import { Field } from '@/ui/field'
import { Page } from '@/ui/page'

export default function User() {
  const id = decodeURIComponent(useParams<{ id: string }>().id)
  const query = useQuery({ queryKey: ['users', 'one', id], queryFn: () => identity.user(id) })
  return <Loaded query={query} page>{(user) => <UserPage key={user.version} user={user} />}</Loaded>
}

function UserPage({ user }: { user: UserDetail }) {
  const { t } = useTranslation()
  const me = useMe()
  const toast = useToast()
  const queries = useQueryClient()
  const [display, setDisplay] = useState(user.display_name)
  const [person, setPerson] = useState(user.person ?? '')
  const [roles, setRoles] = useState<RoleName[]>(user.roles)
  const [error, setError] = useState<unknown>()
  const [resetting, setResetting] = useState(false)
  const sameRoles = roles.length === user.roles.length && roles.every((role) => user.roles.includes(role))
  const dirty = display !== user.display_name || person !== (user.person ?? '') || !sameRoles
  useLeaveGuard(dirty)
  const change = async (body: Parameters<typeof identity.changeUser>[1]) => {
    setError(undefined)
    try {
      const next = await identity.changeUser(user, body)
      queries.setQueryData(['users', 'one', user.id], next)
      void queries.invalidateQueries({ queryKey: ['users'] })
      toast.done(t('users.saved', { name: user.name }))
    } catch (cause) {
      setError(cause)
    }
  }
  const { ask, notice } = useAct(['users'])
  const gone = user.state === 'deleted'
  const oneself = user.id === me?.id
  const canUpdate = may(me, 'user.update') && !gone
  const canGrant = may(me, 'user.grant_role') && !gone
  const canReset = may(me, 'user.reset_password') && !gone
  const canDelete = may(me, 'user.delete') && !gone && !oneself
  const why = (can: boolean, own?: string) => {
    if (gone) return t('users.is_deleted')
    if (own && oneself) return own
    return can ? undefined : t('users.may_not')
  }
  const remove = () =>
    ask({ title: t('users.delete_title', { name: user.name }), what: t('users.delete_what'), ok: t('users.delete'), done: t('users.delete_done', { name: user.name }) }, () => identity.deleteUser(user))
  return (
    <Page
      title={user.display_name || user.name}
      crumbs={[{ to: paths.users(), text: t('nav.users') }]}
      meta={
        <>
          <code>{user.name}</code>
          <UserState user={user} />
          <ZoneNote />
        </>
      }
      actions={
        <>
          <Button disabled={!canReset} title={why(canReset)} onClick={() => setResetting(true)}>
            {t('users.reset')}
          </Button>
          <Button danger={user.state === 'active'} disabled={!canUpdate || oneself} title={why(canUpdate, t('users.not_oneself'))} onClick={() => void change({ state: user.state === 'active' ? 'disabled' : 'active' })}>
            {t(user.state === 'active' ? 'users.disable' : 'users.enable')}
          </Button>
          <Button danger disabled={!canDelete} title={why(canDelete, t('users.not_oneself_deleted'))} onClick={remove}>
            {t('users.delete')}
          </Button>
        </>
      }
    >
      <div className="two-columns">
        <div className="stack wide">
          {notice}
          {error !== undefined && <ProblemNotice error={error} onRetry={() => void queries.invalidateQueries({ queryKey: ['users'] })} />}
          <Card title={t('users.account')} extra={dirty && <span className="dirty">{t('common.unsaved')}</span>}>
            <div className="stack wide">
              <Field label={t('users.display_name')}>{(id) => <Input id={id} disabled={!canUpdate} value={display} onChange={(event) => setDisplay(event.target.value)} />}</Field>
              <Field label={t('users.person')} help={t('users.person_help')}>
                {(id, described) => <Input id={id} aria-describedby={described} disabled={!canUpdate || user.id === me?.id} value={person} onChange={(event) => setPerson(event.target.value)} />}
              </Field>
              <RolePicker value={roles} onChange={setRoles} disabled={!canGrant || user.id === me?.id} />
              <div>
                <Button type="primary" disabled={!dirty} onClick={() => void change({ ...(display === user.display_name ? {} : { display_name: display }), ...(person === (user.person ?? '') ? {} : { person }), ...(sameRoles ? {} : { roles }) })}>
                  {t('common.save')}
                </Button>
              </div>
            </div>
          </Card>
          {may(me, 'token.view_any') && (
            <Card title={t('account.tokens')} flush>
              <TokenTable user={user.name} />
            </Card>
          )}
        </div>
        <Card title={t('common.details')}>
          <Facts items={[['ID', <code key="i" className="break">{user.id}</code>], [t('audit.tenant'), user.tenant], [t('users.created'), <Time key="c" at={user.created_at} />], [t('versions.by'), user.created_by]]} />
        </Card>
      </div>
      {resetting && <PasswordReset user={user} onClose={() => setResetting(false)} />}
    </Page>
  )
}
