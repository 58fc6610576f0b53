// Groups, and what else says who may do what.
import { get, post, remove, request, seg } from './http'
import type { GroupDetail, GroupRequest, GroupView } from './types'

const GROUPS = '/api/v1/groups'

export const groups = {
  list: () => get<{ items: GroupView[] }>(GROUPS),
  show: (name: string) => get<GroupDetail>(`${GROUPS}/${seg(name)}`),
  add: (body: GroupRequest) => post<GroupView>(GROUPS, body),
  remove: (name: string) => remove<void>(`${GROUPS}/${seg(name)}`),
  addMember: (name: string, user: string, until?: string) => request<GroupDetail>('PUT', `${GROUPS}/${seg(name)}/members/${seg(user)}`, { body: { until: until ?? null } }),
  removeMember: (name: string, user: string) => remove<void>(`${GROUPS}/${seg(name)}/members/${seg(user)}`),
}
