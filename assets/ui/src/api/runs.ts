// Runs, their logs, artifacts and receipts.
import { get, post, type Params, request, seg, withParams } from './http'
import type { AuditEntry, CountedPage, LogPage, LogSearchPage, Page, RunComparison, RunDetail, RunRequest, RunSummary, UploadedFile } from './types'

const BASE = '/api/v1/runs'

/** Hits of a search that are kept; the counter then says that there are more. */
export const MOST_HITS = 20_000

export const runs = {
  list: (params: Params, signal?: AbortSignal) => get<CountedPage<RunSummary>>(BASE, params, signal),
  /** Every run that fits, newest first, up to `most`. */
  listAll: async (params: Params, most: number): Promise<{ items: RunSummary[]; more: boolean }> => {
    const items: RunSummary[] = []
    let cursor: string | null | undefined
    do {
      const page: CountedPage<RunSummary> = await get(BASE, { ...params, cursor, limit: 200 })
      items.push(...page.items)
      cursor = page.next
    } while (cursor && items.length < most)
    return { items: items.slice(0, most), more: Boolean(cursor) || items.length > most }
  },
  show: (id: string, signal?: AbortSignal) => get<RunDetail>(`${BASE}/${seg(id)}`, undefined, signal),
  start: (body: RunRequest, key: string) => request<RunDetail>('POST', BASE, { body, headers: { 'idempotency-key': key } }),
  cancel: (id: string, reason?: string) => post<RunDetail>(`${BASE}/${seg(id)}/cancel`, { reason: reason || null }),
  log: (id: string, params: Params, signal?: AbortSignal) => get<LogPage>(`${BASE}/${seg(id)}/log`, params, signal),
  search: (id: string, params: Params, signal?: AbortSignal) => get<LogSearchPage>(`${BASE}/${seg(id)}/log/search`, params, signal),
  /** Every hit of a search: the server answers so many at a time. */
  searchAll: async (id: string, params: Params, signal?: AbortSignal): Promise<LogSearchPage> => {
    const hits: LogSearchPage['hits'] = []
    let from: number | null | undefined
    do {
      const page: LogSearchPage = await get<LogSearchPage>(`${BASE}/${seg(id)}/log/search`, { ...params, from }, signal)
      hits.push(...page.hits)
      from = page.next
    } while (from && hits.length < MOST_HITS)
    return { hits, next: from, total: hits.length }
  },
  events: (id: string) => get<Page<AuditEntry>>(`${BASE}/${seg(id)}/events`),
  compare: (left: string, right: string) => get<RunComparison>(`${BASE}/compare`, { left, right }),
  receipt: (id: string) => get<Record<string, unknown>>(`${BASE}/${seg(id)}/receipt`),
  upload: (file: File) => {
    const form = new FormData()
    form.append('file', file, file.name)
    return request<UploadedFile>('POST', '/api/v1/files', { form })
  },
}

/** Addresses that the browser opens itself. */
export const runUrl = {
  rawLog: (id: string, format: 'text' | 'jsonl', timestamps: boolean) => withParams(`${BASE}/${seg(id)}/log/raw`, { format, timestamps }),
  logStream: (id: string, from: number) => `${BASE}/${seg(id)}/log/stream?from=${from}`,
  stream: (id: string) => `${BASE}/${seg(id)}/stream`,
  allStream: `${BASE}/stream`,
  artifact: (id: string, name: string) => `${BASE}/${seg(id)}/artifacts/${name.split('/').map(seg).join('/')}`,
  receipt: (id: string) => `${BASE}/${seg(id)}/receipt`,
  evidence: (id: string) => `${BASE}/${seg(id)}/evidence`,
}
