// Freezes: windows in which starts are refused.
import type { Changed } from './approvals'
import { get, post, request, seg, withParams } from './http'
import type { FreezeRequest, FreezeView, Period } from './types'

const BASE = '/api/v1/freezes'

export const freezes = {
  list: () => get<{ items: FreezeView[] }>(BASE),
  add: (body: FreezeRequest) => post<FreezeView>(BASE, body),
  periods: (from: string, until: string) => get<{ items: Period[] }>(`${BASE}/periods`, { from, until }),
  remove: (id: string, reason?: string) => request<Changed<undefined>>('DELETE', withParams(`${BASE}/${seg(id)}`, { reason })),
}
