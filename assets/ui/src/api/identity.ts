// Sign-in, the account, users, tokens.
import { get, type Params, patch, post, remove, request, seg } from './http'
import type {
  ChangePassword, CreatedToken, CreateToken, CreateUser, ExplainRequest, Explanation, LoggedIn, Me, Page, RoleList, SessionSummary, SetupRequest, SetupStatus, TokenSummary, UpdateMe, UpdateUser, UserDetail,
} from './types'

export const identity = {
  setupState: () => get<SetupStatus>('/api/v1/setup'),
  setup: (body: SetupRequest) => request<UserDetail>('POST', '/api/v1/setup', { body, keepSession: true }),
  signIn: (username: string, password: string) => request<LoggedIn>('POST', '/api/v1/session', { body: { username, password }, keepSession: true }),
  signOut: () => remove<void>('/api/v1/session'),
  me: () => request<Me>('GET', '/api/v1/me', { keepSession: true }),
  changeMe: (body: UpdateMe) => patch<Me>('/api/v1/me', body),
  changePassword: (body: ChangePassword) => request<LoggedIn>('POST', '/api/v1/me/password', { body, keepSession: true }),
  sessions: () => get<Page<SessionSummary>>('/api/v1/me/sessions'),
  endSession: (id: string) => remove<void>(`/api/v1/me/sessions/${seg(id)}`),
  tokens: (params?: Params) => get<Page<TokenSummary>>('/api/v1/tokens', params),
  createToken: (body: CreateToken) => post<CreatedToken>('/api/v1/tokens', body),
  revokeToken: (id: string) => remove<void>(`/api/v1/tokens/${seg(id)}`),
  users: (params: Params) => get<Page<UserDetail>>('/api/v1/users', params),
  user: (id: string) => get<UserDetail>(`/api/v1/users/${seg(id)}`),
  createUser: (body: CreateUser) => post<UserDetail>('/api/v1/users', body),
  changeUser: (user: UserDetail, body: UpdateUser) => request<UserDetail>('PATCH', `/api/v1/users/${seg(user.id)}`, { body, headers: { 'if-match': `"${user.version}"` } }),
  deleteUser: (user: UserDetail) => request<void>('DELETE', `/api/v1/users/${seg(user.id)}`, { headers: { 'if-match': `"${user.version}"` } }),
  resetPassword: (id: string, password: string) => post<UserDetail>(`/api/v1/users/${seg(id)}/password`, { password }),
  roles: () => get<RoleList>('/api/v1/roles'),
  explain: (body: ExplainRequest) => post<Explanation>('/api/v1/access/explain', body),
}
