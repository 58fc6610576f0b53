// Sign-in, the account, users, tokens.
import { get, type Params, patch, post, remove, request, seg } from './http'
import type { Explanation, Me, Mode, Page, RoleList, RoleName, SessionSummary, TokenSummary, UserDetail } from './types'

export interface SetupRequest {
  token: string
  username: string
  password: string
  mode: Mode
  display_name?: string
  language: 'en' | 'zh-CN'
  time_zone: string
}
export interface ExplainRequest {
  user?: string
  action: string
  resource: Record<string, unknown> & { kind: string }
}
type UserChange = Partial<{ display_name: string; state: UserDetail['state']; roles: RoleName[] }>

export const identity = {
  setupState: () => get<{ open: boolean }>('/api/v1/setup'),
  setup: (body: SetupRequest) => request<Me>('POST', '/api/v1/setup', { body, keepSession: true }),
  signIn: (username: string, password: string) => request<Me>('POST', '/api/v1/session', { body: { username, password }, keepSession: true }),
  signOut: () => remove<void>('/api/v1/session'),
  me: () => request<Me>('GET', '/api/v1/me', { keepSession: true }),
  changeMe: (body: Record<string, unknown>) => patch<Me>('/api/v1/me', body),
  changePassword: (body: { current: string; new: string }) => request<void>('POST', '/api/v1/me/password', { body, keepSession: true }),
  sessions: () => get<Page<SessionSummary>>('/api/v1/me/sessions'),
  endSession: (id: string) => remove<void>(`/api/v1/me/sessions/${seg(id)}`),
  tokens: (params?: Params) => get<Page<TokenSummary>>('/api/v1/tokens', params),
  createToken: (body: { name: string; scopes: string[]; days: number }) => post<TokenSummary & { token: string }>('/api/v1/tokens', body),
  revokeToken: (id: string) => remove<void>(`/api/v1/tokens/${seg(id)}`),
  users: (params: Params) => get<Page<UserDetail>>('/api/v1/users', params),
  user: (id: string) => get<UserDetail>(`/api/v1/users/${seg(id)}`),
  createUser: (body: { username: string; password: string; display_name?: string; roles: RoleName[] }) => post<UserDetail>('/api/v1/users', body),
  changeUser: (user: UserDetail, body: UserChange) => request<UserDetail>('PATCH', `/api/v1/users/${seg(user.id)}`, { body, headers: { 'if-match': `"${user.version}"` } }),
  resetPassword: (id: string, password: string) => post<unknown>(`/api/v1/users/${seg(id)}/password`, { password }),
  roles: () => get<RoleList>('/api/v1/roles'),
  explain: (body: ExplainRequest) => post<Explanation>('/api/v1/access/explain', body),
}
