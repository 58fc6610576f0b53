// Capabilities, their versions, inspections and plans.
import { get, post, type Params, request, seg } from './http'
import type { CapabilityDetail, CapabilitySummary, CapabilityVerification, InspectionReport, JsonObject, Page, Plan, Registered, VersionDetail, VersionDiff, VersionSummary } from './types'

const BASE = '/api/v1/capabilities'
const one = (name: string) => `${BASE}/${seg(name)}`

function upload(file: File, fields: Record<string, string | undefined>): FormData {
  const form = new FormData()
  form.append('file', file, file.name)
  for (const [key, value] of Object.entries(fields)) if (value) form.append(key, value)
  return form
}

export const capabilities = {
  list: (params: Params, signal?: AbortSignal) => get<Page<CapabilitySummary>>(BASE, params, signal),
  show: (name: string) => get<CapabilityDetail>(one(name)),
  versions: (name: string) => get<Page<VersionSummary>>(`${one(name)}/versions`),
  version: (name: string, number: number) => get<VersionDetail>(`${one(name)}/versions/${number}`),
  file: (name: string, number: number, path: string) =>
    request<string>('GET', `${one(name)}/versions/${number}/files/${path.split('/').map(seg).join('/')}`, { headers: { accept: 'text/plain' } }),
  diff: (name: string, from: number, to: number) => get<VersionDiff>(`${one(name)}/diff`, { from, to }),
  submit: (name: string, number: number, changelog?: string, publishAt?: string) => post<CapabilityDetail>(`${one(name)}/versions/${number}/submit`, { changelog: changelog ?? '', publish_at: publishAt ?? null }),
  return: (name: string, number: number, comment?: string) => post<CapabilityDetail>(`${one(name)}/versions/${number}/return`, { comment: comment || null }),
  publish: (name: string, number: number, comment?: string, password?: string) => request<CapabilityDetail>('POST', `${one(name)}/versions/${number}/publish`, { body: { comment: comment || null, password: password || null }, keepSession: true }),
  deprecate: (name: string, number: number, comment?: string) => post<CapabilityDetail>(`${one(name)}/versions/${number}/deprecate`, { comment: comment || null }),
  retire: (name: string, number: number, comment?: string) => post<CapabilityDetail>(`${one(name)}/versions/${number}/retire`, { comment: comment || null }),
  rollback: (name: string, to: number, comment?: string) => post<CapabilityDetail>(`${one(name)}/rollback`, { to, comment: comment || null }),
  verify: (name: string, version: number) => post<CapabilityVerification>(`${one(name)}/verify`, { version }),
  plan: (name: string, inputs: JsonObject, version?: number) => post<Plan>(`${one(name)}/plan`, { inputs, version: version ?? null }),
  inspect: (file: File, name?: string) => request<InspectionReport>('POST', '/api/v1/inspections', { form: upload(file, { name }) }),
  register: (file: File, name?: string, comment?: string) => request<Registered>('POST', BASE, { form: upload(file, { name, comment }) }),
}
