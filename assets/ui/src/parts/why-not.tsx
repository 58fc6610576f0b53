// Why something is not allowed, in the reader's language, with the rule that decided: for disabled buttons and refusals.
import { useQuery } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import type { ApprovalDetail, Explanation, ExplainRequest, Me } from '@/api/types'

/** A sentence for each policy that forbids, else which roles would help. */
export function whyText(t: TFunction, said: Explanation): string {
  const forbidding = said.policies.map((id) => t(`policy.${id}`, { defaultValue: '' })).filter(Boolean)
  const why = forbidding.length > 0 ? forbidding.join(' ') : said.hint || (said.any_of.length > 0 ? t('why.needs_role', { roles: said.any_of.map((role) => t(`role.${role}`, { defaultValue: role })).join(', ') }) : t('why.nothing'))
  return said.policies.length > 0 ? `${why} (${t('why.rule')} ${said.policies.join(', ')})` : why
}

/** Asks the appliance why the one who is signed in may not do it; `undefined` when it is allowed or not known yet. */
export function useWhyNot(action: string, resource: ExplainRequest['resource'], asked = true): string | undefined {
  const { t } = useTranslation()
  const { data } = useQuery({ queryKey: ['why', action, resource], queryFn: () => identity.explain({ action, resource }), enabled: asked, staleTime: 60_000, retry: false })
  return data && !data.allowed ? whyText(t, data) : undefined
}

/** Why the reader cannot decide on a request; the rules are those of `assets/policy/default.cedar`. */
export function whyNotDecide(t: TFunction, request: ApprovalDetail, me: Me | undefined): string | undefined {
  if (request.actions.includes('approval.decide') || !me) return undefined
  const rule = (id: string) => ` (${t('why.rule')} ${id})`
  if (request.decided_by_me) return t('why.decided')
  if (request.requester.kind === 'user' && request.requester.id === me.id && me.mode !== 'solo') return t('why.own') + rule('never-the-requester')
  if (me.roles.includes('auditor')) return t('why.auditor') + rule('auditor-changes-nothing')
  if (request.group) return t('why.not_in_group') + rule('approver-decides')
  if (!me.roles.includes(request.role)) return t('why.role_missing', { role: t(`role.${request.role}`, { defaultValue: request.role }) }) + rule('approver-decides')
  return t('why.another_account') + rule('never-the-requester')
}
