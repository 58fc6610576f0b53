// The audit log.
import { get, type Params, post } from './http'
import type { AuditEntry, AuditProof, AuditVerdict, Page } from './types'

export const audit = {
  list: (params: Params, signal?: AbortSignal) => get<Page<AuditEntry>>('/api/v1/audit/events', params, signal),
  show: (index: number) => get<AuditProof>(`/api/v1/audit/events/${index}`),
  verify: () => post<AuditVerdict>('/api/v1/audit/verify'),
  /** The key that checkpoints and receipts are verified with; anybody who is signed in may know it. */
  key: async () => (await get<string>('/api/v1/audit/key')).trim(),
  exportUrl: '/api/v1/audit/export',
}
