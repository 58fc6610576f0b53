// Whether somebody may do something, the rule or the grant that decided, and what would help.
import { useTranslation } from 'react-i18next'
import type { Explanation } from '@/api/types'
import { Notice } from '@/ui/notice'

export function AccessAnswer({ said, title }: { said: Explanation; title?: string }) {
  const { t } = useTranslation()
  const words = said.policies.map((id) => t(`policy.${id}`, { defaultValue: '' })).filter(Boolean)
  return (
    <Notice tone={said.allowed ? 'ok' : 'bad'} title={title ?? t(said.allowed ? 'roles.allowed' : 'roles.refused', { user: said.user, action: said.action })} live>
      {said.policies.length > 0 && (
        <div>
          {t('plan.by')} {said.policies.map((policy) => <code key={policy}>{policy} </code>)}
        </div>
      )}
      {(said.roles ?? []).length > 0 && <div>{t('roles.by_roles', { roles: (said.roles ?? []).map((role) => t(`role.${role}`)).join(', ') })}</div>}
      {(said.grants ?? []).map((grant) => (
        <div key={grant.id}>
          {t('roles.by_grant', { role: grant.role, place: grant.place ?? t('grant.everywhere') })}
          {grant.group && ` ${t('roles.through', { group: grant.group })}`} <code>{grant.id}</code>
        </div>
      ))}
      {!said.allowed && said.policies.length === 0 && <div>{t('roles.nothing_permits')}</div>}
      {!said.allowed && words.map((text) => <div key={text}>{text}</div>)}
      {said.any_of.length > 0 && <div>{t('roles.would_help', { roles: said.any_of.map((role) => t(`role.${role}`)).join(', ') })}</div>}
      {said.hint && words.length === 0 && <div lang="en">{said.hint}</div>}
    </Notice>
  )
}
