// The audit log.
import { ApiError, get, type Params, send } from './http'
import { readEvents } from './event-lines'
import type { AuditEntry, AuditProof, AuditVerdict, Page, Problem } from './types'

/** How far a verification is; what streams carry stands in no list of the description. */
export interface AuditProgress {
  checked: number
  of: number
}

export const audit = {
  list: (params: Params, signal?: AbortSignal) => get<Page<AuditEntry>>('/api/v1/audit/events', params, signal),
  show: (index: number) => get<AuditProof>(`/api/v1/audit/events/${index}`),
  /** Verifies the whole log; tells on the way how far it is. */
  verify: async (onProgress: (progress: AuditProgress) => void): Promise<AuditVerdict> => {
    const response = await send('POST', '/api/v1/audit/verify', { headers: { accept: 'text/event-stream' } })
    for await (const { event, data } of readEvents(response)) {
      if (event === 'progress') onProgress(JSON.parse(data) as AuditProgress)
      if (event === 'verdict') return JSON.parse(data) as AuditVerdict
      if (event === 'problem') throw new ApiError(JSON.parse(data) as Problem)
    }
    // The stream ended before it said anything: the appliance stopped, or the session ended.
    throw new ApiError({ type: 'about:blank', title: 'no answer', status: 0, detail: '', code: 'offline' })
  },
  /** The key that checkpoints and receipts are verified with; anybody who is signed in may know it. */
  key: async () => (await get<string>('/api/v1/audit/key')).trim(),
  exportUrl: '/api/v1/audit/export',
}
