// Who stands in for whom, consent that holds for many runs, how the appliance is governed, and proving a session once more.
import type { Changed } from './approvals'
import { get, post, remove, request, seg } from './http'
import type { Asked, DelegationRequest, DelegationView, GovernanceView, Mode, StandingRequest, StandingView } from './types'

const ABSENCES = '/api/v1/delegations'
const STANDING = '/api/v1/standing-approvals'

export const governance = {
  absences: () => get<{ items: DelegationView[] }>(ABSENCES),
  addAbsence: (body: DelegationRequest) => post<DelegationView>(ABSENCES, body),
  endAbsence: (id: string) => remove<void>(`${ABSENCES}/${seg(id)}`),
  standing: () => get<{ items: StandingView[] }>(STANDING),
  askStanding: (body: StandingRequest) => post<Asked>(STANDING, body),
  revokeStanding: (id: string, comment?: string) => post<StandingView>(`${STANDING}/${seg(id)}/revoke`, { comment: comment || null }),
  show: () => get<GovernanceView>('/api/v1/governance'),
  set: (mode: Mode, reason?: string) => request<Changed<GovernanceView>>('PUT', '/api/v1/governance', { body: { mode, reason: reason || null } }),
}
