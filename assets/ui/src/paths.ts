// Every address of the console, built in one place.
const seg = encodeURIComponent

function query(params: Record<string, string | number | undefined | null>): string {
  const out = new URLSearchParams()
  for (const [key, value] of Object.entries(params)) if (value !== undefined && value !== null && value !== '') out.set(key, String(value))
  const text = out.toString()
  return text ? `?${text}` : ''
}

export type CapabilityTab = 'overview' | 'run' | 'source' | 'versions' | 'runs' | 'webhooks' | 'audit'
export type RunTab = 'log' | 'timeline' | 'inputs' | 'outputs' | 'receipt' | 'audit'

export const paths = {
  home: () => '/',
  signIn: (next?: string) => `/signin${query({ next })}`,
  setup: () => '/setup',
  capabilities: (params: { q?: string; tag?: string } = {}) => `/capabilities${query(params)}`,
  templates: () => '/templates',
  template: (name: string) => `/templates/${seg(name)}`,
  community: () => '/community',
  shared: (name: string) => `/community/${seg(name)}`,
  register: (params: { name?: string } = {}) => `/register${query(params)}`,
  registerRequest: (params: { resource?: string } = {}) => `/register/request${query(params)}`,
  registerOpenApi: (params: { resource?: string } = {}) => `/register/openapi${query(params)}`,
  resources: () => '/resources',
  resource: (name: string) => `/resources/${seg(name)}`,
  resourceAdd: () => '/add-resource',
  resourceEdit: (name: string) => `/resources/${seg(name)}/edit`,
  secrets: (params: { domain?: string } = {}) => `/secrets${query(params)}`,
  /** Those of the platform are named in the address; those of the tenant are meant otherwise. */
  secret: (name: string, domain: 'tenant' | 'platform' = 'tenant') => `/secrets/${seg(name)}${query({ domain: domain === 'platform' ? domain : undefined })}`,
  vault: () => '/vault',
  capability: (name: string, tab: CapabilityTab = 'overview') => `/capabilities/${seg(name)}${tab === 'overview' ? '' : `/${tab}`}`,
  runForm: (name: string, params: { from?: string; version?: number; example?: number } = {}) => `/capabilities/${seg(name)}/run${query(params)}`,
  source: (name: string, version: number, file?: string) => `/capabilities/${seg(name)}/source${query({ version, file })}`,
  diff: (name: string, from: number, to: number) => `/capabilities/${seg(name)}/versions${query({ from, to })}`,
  version: (name: string, number: number) => `/capabilities/${seg(name)}/versions/${number}`,
  runs: (params: Record<string, string | undefined> = {}) => `/runs${query(params)}`,
  run: (id: string, tab: RunTab = 'log') => `/runs/${seg(id)}${tab === 'log' ? '' : `/${tab}`}`,
  compare: (left: string, right?: string) => `/compare${query({ left, right })}`,
  approvals: (params: { view?: string; state?: string } = {}) => `/approvals${query(params)}`,
  approval: (id: string) => `/approvals/${seg(id)}`,
  standing: () => '/standing-approvals',
  absences: () => '/absences',
  rules: () => '/admin/rules',
  calendars: () => '/admin/calendars',
  calendar: (name: string) => `/admin/calendars/${seg(name)}`,
  freezes: () => '/admin/freezes',
  audit: (params: Record<string, string | undefined> = {}) => `/audit${query(params)}`,
  auditKeeping: () => '/audit-keeping',
  announcements: () => '/admin/announcements',
  announcement: (id: string) => `/admin/announcements/${seg(id)}`,
  auditEntry: (index: number) => `/audit/${index}`,
  users: (params: { tenant?: string } = {}) => `/admin/users${query(params)}`,
  tenants: () => '/admin/tenants',
  user: (id: string) => `/admin/users/${seg(id)}`,
  groups: () => '/admin/groups',
  group: (name: string) => `/admin/groups/${seg(name)}`,
  roles: () => '/admin/roles',
  grants: () => '/admin/grants',
  spaces: () => '/admin/spaces',
  services: () => '/admin/service-accounts',
  policies: () => '/admin/policies',
  health: () => '/admin/health',
  account: (tab?: string) => `/account${tab ? `/${tab}` : ''}`,
  help: (page?: string) => `/help${page ? `/${page}` : ''}`,
  errorPage: (code: string) => `/help/errors/${seg(code)}`,
}

/** Where to go after sign-in: a path of this console, whatever the address bar said. */
export function safeNext(next: string | null): string {
  if (!next || !next.startsWith('/') || next.startsWith('//') || /[\\\u0000-\u001f]/.test(next)) return '/'
  try {
    const url = new URL(next, window.location.origin)
    if (url.origin !== window.location.origin || url.pathname.startsWith('/signin') || url.pathname.startsWith('/api/')) return '/'
    return `${url.pathname}${url.search}${url.hash}`
  } catch {
    return '/'
  }
}
