// Freezes: windows in which starts are refused.
import { get, post, request, seg } from './http'
import type { FreezeRequest, FreezeView } from './types'

const BASE = '/api/v1/freezes'

export const freezes = {
  list: () => get<{ items: FreezeView[] }>(BASE),
  add: (body: FreezeRequest) => post<FreezeView>(BASE, body),
  remove: (id: string) => request<void>('DELETE', `${BASE}/${seg(id)}`),
}
