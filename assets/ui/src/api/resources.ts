// Resources: what capabilities reach outside.
import { get, patch, post, remove, seg } from './http'
import type { ResourceRequest, ResourceUpdate, ResourceView } from './types'

const BASE = '/api/v1/resources'
const one = (name: string) => `${BASE}/${seg(name)}`

export const resources = {
  list: () => get<{ items: ResourceView[] }>(BASE),
  show: (name: string) => get<ResourceView>(one(name)),
  add: (body: ResourceRequest) => post<ResourceView>(BASE, body),
  update: (name: string, body: ResourceUpdate) => patch<ResourceView>(one(name), body),
  remove: (name: string) => remove<void>(one(name)),
  grant: (name: string, tenant: string, spaces: string[]) => post<ResourceView>(`${one(name)}/grants`, { tenant, spaces }),
  revoke: (name: string, tenant: string) => remove<ResourceView>(`${one(name)}/grants/${seg(tenant)}`),
  test: (name: string) => post<ResourceView>(`${one(name)}/test`),
}
