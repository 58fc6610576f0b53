// What the platform or a tenant tells its people.
import { get, post, request, seg } from './http'
import type { AnnouncementReceipts, AnnouncementRequest, AnnouncementView } from './types'

const BASE = '/api/v1/announcements'

export type AnnouncementStep = 'submit' | 'return' | 'publish' | 'withdraw' | 'acknowledge'

export const announcements = {
  list: (view: 'mine' | 'all') => get<{ items: AnnouncementView[] }>(BASE, { view }),
  show: (id: string) => get<AnnouncementView>(`${BASE}/${seg(id)}`),
  draft: (body: AnnouncementRequest) => post<AnnouncementView>(BASE, body),
  edit: (id: string, body: AnnouncementRequest) => request<AnnouncementView>('PUT', `${BASE}/${seg(id)}`, { body }),
  submit: (id: string) => post<AnnouncementView>(`${BASE}/${seg(id)}/submit`),
  return: (id: string) => post<AnnouncementView>(`${BASE}/${seg(id)}/return`),
  publish: (id: string) => post<AnnouncementView>(`${BASE}/${seg(id)}/publish`),
  withdraw: (id: string) => post<AnnouncementView>(`${BASE}/${seg(id)}/withdraw`),
  acknowledge: (id: string) => post<AnnouncementView>(`${BASE}/${seg(id)}/acknowledge`),
  receipts: (id: string) => get<AnnouncementReceipts>(`${BASE}/${seg(id)}/receipts`),
}
