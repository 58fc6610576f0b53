// Secrets: values go in, none comes out. `domain` says whether those of the tenant or those of the platform are meant.
import { get, type Params, request, seg, withParams } from './http'
import type { CountedPage, DescribeSecret, GrantRequest, SecretDetail, SecretDomain, SecretSummary, SetSecret } from './types'

const BASE = '/api/v1/secrets'
const one = (name: string) => `${BASE}/${seg(name)}`

export const secrets = {
  list: (params: Params, signal?: AbortSignal) => get<CountedPage<SecretSummary>>(BASE, params, signal),
  show: (domain: SecretDomain, name: string) => get<SecretDetail>(one(name), { domain }),
  set: (domain: SecretDomain, name: string, body: SetSecret) => request<SecretDetail>('PUT', withParams(one(name), { domain }), { body }),
  describe: (domain: SecretDomain, name: string, body: DescribeSecret) => request<SecretDetail>('PATCH', withParams(one(name), { domain }), { body }),
  remove: (domain: SecretDomain, name: string) => request<void>('DELETE', withParams(one(name), { domain })),
  destroyVersion: (domain: SecretDomain, name: string, number: number) => request<SecretDetail>('POST', withParams(`${one(name)}/versions/${number}/destroy`, { domain }), { body: {} }),
  grant: (domain: SecretDomain, name: string, body: GrantRequest) => request<SecretDetail>('POST', withParams(`${one(name)}/grants`, { domain }), { body }),
  revoke: (domain: SecretDomain, name: string, grant: string) => request<SecretDetail>('DELETE', withParams(`${one(name)}/grants/${seg(grant)}`, { domain })),
}
