// Tenants: organisations that share the appliance.
import { get, patch, post, seg } from './http'
import type { TenantRequest, TenantUpdate, TenantView } from './types'

const TENANTS = '/api/v1/tenants'

export const tenants = {
  list: () => get<{ items: TenantView[] }>(TENANTS),
  add: (body: TenantRequest) => post<TenantView>(TENANTS, body),
  change: (key: string, body: TenantUpdate) => patch<TenantView>(`${TENANTS}/${seg(key)}`, body),
}
