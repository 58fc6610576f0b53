// Sign-in, the account, users, tokens.
import { get, type Params, patch, post, remove, request, seg } from './http'
import type { Me, Page, Role, Session, SetupState, Token, User } from './types'

export const identity = {
  setupState: () => get<SetupState>('/api/v1/setup'),
  setup: (body: unknown) => request<Me>('POST', '/api/v1/setup', { body, keepSession: true }),
  signIn: (name: string, password: string) => request<Me>('POST', '/api/v1/session', { body: { name, password }, keepSession: true }),
  signOut: () => remove<void>('/api/v1/session'),
  me: () => get<Me>('/api/v1/me'),
  changeMe: (body: unknown) => patch<Me>('/api/v1/me', body),
  changePassword: (body: unknown) => request<void>('POST', '/api/v1/me/password', { body, keepSession: true }),
  sessions: () => get<Page<Session>>('/api/v1/me/sessions'),
  endSession: (id: string) => remove<void>(`/api/v1/me/sessions/${seg(id)}`),
  tokens: () => get<Page<Token>>('/api/v1/tokens'),
  createToken: (body: unknown) => post<Token & { secret: string }>('/api/v1/tokens', body),
  revokeToken: (id: string) => remove<void>(`/api/v1/tokens/${seg(id)}`),
  users: (params: Params) => get<Page<User>>('/api/v1/users', params),
  user: (id: string) => get<User>(`/api/v1/users/${seg(id)}`),
  createUser: (body: unknown) => post<User>('/api/v1/users', body),
  changeUser: (id: string, body: unknown) => patch<User>(`/api/v1/users/${seg(id)}`, body),
  resetPassword: (id: string, body: unknown) => post<void>(`/api/v1/users/${seg(id)}/password`, body),
  roles: () => get<Page<Role>>('/api/v1/roles'),
  explain: (body: unknown) => post<Record<string, unknown>>('/api/v1/access/explain', body),
}
