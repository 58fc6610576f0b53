// How the log is kept: views, files, witnesses, retention, forwarding.
import { get, type Params, post, remove, seg, withParams } from './http'
import type { AuditStatus, AuditView, AuditViewRequest, RetentionDone, WitnessView } from './types'

export const auditKeeping = {
  status: () => get<AuditStatus>('/api/v1/audit/status'),
  witnesses: () => get<{ items: WitnessView[] }>('/api/v1/audit/witnesses'),
  addWitness: (place: string, checkpoint?: string) => post<WitnessView>('/api/v1/audit/witnesses', { place, checkpoint: checkpoint || null }),
  applyRetention: () => post<RetentionDone>('/api/v1/audit/retention'),
  views: () => get<{ items: AuditView[] }>('/api/v1/audit/views'),
  keepView: (body: AuditViewRequest) => post<AuditView>('/api/v1/audit/views', body),
  removeView: (id: string) => remove<void>(`/api/v1/audit/views/${seg(id)}`),
  /** An address that the browser opens itself. */
  fileUrl: (format: 'jsonl' | 'csv', params: Params) => withParams('/api/v1/audit/events/download', { format, ...params }),
}
