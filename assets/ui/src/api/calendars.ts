// Calendars: which days and hours are marked.
import type { Changed } from './approvals'
import { get, post, remove, request, seg, withParams } from './http'
import type { CalendarRequest, CalendarView, Period } from './types'

const BASE = '/api/v1/calendars'

export const calendars = {
  list: () => get<{ items: CalendarView[] }>(BASE),
  show: (name: string) => get<CalendarView>(`${BASE}/${seg(name)}`),
  add: (body: CalendarRequest) => post<CalendarView>(BASE, body),
  update: (name: string, body: CalendarRequest, reason?: string) => request<Changed<CalendarView>>('PUT', withParams(`${BASE}/${seg(name)}`, { reason }), { body }),
  remove: (name: string) => remove<void>(`${BASE}/${seg(name)}`),
  import: (name: string, body: { ics: string; except?: string | null; years?: number | null }, reason?: string) => request<Changed<CalendarView>>('POST', withParams(`${BASE}/${seg(name)}/import`, { reason }), { body }),
  periods: (name: string, from: string, until: string) => get<{ items: Period[] }>(`${BASE}/${seg(name)}/periods`, { from, until }),
}
