// Templates of capabilities, and what colleagues share.
import { get, post, request, seg } from './http'
import type { CopyDone, InstanceView, InstantiateRequest, PushDone, SharedDetail, SharedView, TemplateRequest, TemplateView } from './types'

const TEMPLATES = '/api/v1/templates'
const COMMUNITY = '/api/v1/community'

export const templates = {
  list: () => get<{ items: TemplateView[] }>(TEMPLATES),
  show: (name: string) => get<TemplateView>(`${TEMPLATES}/${seg(name)}`),
  publish: (body: TemplateRequest) => post<TemplateView>(TEMPLATES, body),
  usage: (name: string) => get<{ items: InstanceView[] }>(`${TEMPLATES}/${seg(name)}/usage`),
  instantiate: (name: string, body: InstantiateRequest) => post<InstanceView>(`${TEMPLATES}/${seg(name)}/instantiate`, body),
  push: (name: string) => post<PushDone>(`${TEMPLATES}/${seg(name)}/push`),
}

export const community = {
  list: () => get<{ items: SharedView[] }>(COMMUNITY),
  show: (name: string) => get<SharedDetail>(`${COMMUNITY}/${seg(name)}`),
  share: (capability: string, description: string) => post<SharedDetail>(COMMUNITY, { capability, description }),
  rate: (name: string, stars: number, comment: string) => request<SharedDetail>('PUT', `${COMMUNITY}/${seg(name)}/rating`, { body: { stars, comment } }),
  copy: (name: string, as?: string) => post<CopyDone>(`${COMMUNITY}/${seg(name)}/copy`, { name: as || null }),
  hide: (name: string, reason: string) => post<SharedDetail>(`${COMMUNITY}/${seg(name)}/hide`, { reason }),
  unhide: (name: string) => post<SharedDetail>(`${COMMUNITY}/${seg(name)}/unhide`),
}
