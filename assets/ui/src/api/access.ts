// Groups, grants, roles of one's own, spaces, service accounts, policies: what says who may do what.
import { get, type Params, post, remove, request, seg } from './http'
import type {
  AccessMatrix, CreatedToken, CreateService, CreateToken, CustomRoleRequest, CustomRoleView, RoleGrantRequest, RoleGrantView, GroupDetail, GroupRequest, GroupView, Page, PolicyDetail, PolicyRequest, PolicyTrial, PolicyVersions, PolicyVersionView, SpaceRequest, SpaceView, UserDetail,
} from './types'

const GROUPS = '/api/v1/groups'
const SPACES = '/api/v1/spaces'
const POLICIES = '/api/v1/policies'

export const groups = {
  list: () => get<{ items: GroupView[] }>(GROUPS),
  show: (name: string) => get<GroupDetail>(`${GROUPS}/${seg(name)}`),
  add: (body: GroupRequest) => post<GroupView>(GROUPS, body),
  remove: (name: string) => remove<void>(`${GROUPS}/${seg(name)}`),
  addMember: (name: string, user: string, until?: string) => request<GroupDetail>('PUT', `${GROUPS}/${seg(name)}/members/${seg(user)}`, { body: { until: until ?? null } }),
  removeMember: (name: string, user: string) => remove<void>(`${GROUPS}/${seg(name)}/members/${seg(user)}`),
}

export const access = {
  grants: (params: Params) => get<Page<RoleGrantView>>('/api/v1/grants', params),
  give: (body: RoleGrantRequest) => post<RoleGrantView>('/api/v1/grants', body),
  take: (id: string) => remove<void>(`/api/v1/grants/${seg(id)}`),
  addRole: (body: CustomRoleRequest) => post<CustomRoleView>('/api/v1/roles', body),
  changeRole: (name: string, body: CustomRoleRequest) => request<CustomRoleView>('PUT', `/api/v1/roles/${seg(name)}`, { body }),
  removeRole: (name: string) => remove<void>(`/api/v1/roles/${seg(name)}`),
  matrix: (params: Params) => get<AccessMatrix>('/api/v1/access/matrix', params),
  addService: (body: CreateService) => post<UserDetail>('/api/v1/service-accounts', body),
  serviceToken: (id: string, body: CreateToken) => post<CreatedToken>(`/api/v1/service-accounts/${seg(id)}/tokens`, body),
}

export const spaces = {
  list: () => get<{ items: SpaceView[] }>(SPACES),
  add: (body: SpaceRequest) => post<SpaceView>(SPACES, body),
  remove: (name: string) => remove<void>(`${SPACES}/${seg(name)}`),
  addFolder: (space: string, path: string) => post<SpaceView>(`${SPACES}/${seg(space)}/folders`, { path }),
  removeFolder: (space: string, path: string) => remove<void>(`${SPACES}/${seg(space)}/folders/${path.split('/').map(seg).join('/')}`),
}

export const policies = {
  list: () => get<PolicyVersions>(POLICIES),
  show: (number: number) => get<PolicyDetail>(`${POLICIES}/${number}`),
  add: (body: PolicyRequest) => post<PolicyVersionView>(POLICIES, body),
  attempt: (number: number) => post<PolicyTrial>(`${POLICIES}/${number}/try`, {}),
  activate: (number: number) => post<PolicyVersionView>(`${POLICIES}/${number}/activate`, {}),
  deactivate: () => remove<void>(`${POLICIES}/active`),
}
