// What the review of a version rests on: tries in the sandbox, remarks on lines, and what was current when.
import { get, post, seg } from './http'
import type { CheckReport, PublicationView, RemarkRequest, RemarkView } from './types'

const BASE = '/api/v1/capabilities'

export const reviews = {
  check: (name: string, number: number) => post<CheckReport>(`${BASE}/${seg(name)}/versions/${number}/check`),
  remarks: (name: string, number: number) => get<{ items: RemarkView[] }>(`${BASE}/${seg(name)}/versions/${number}/remarks`),
  remark: (name: string, number: number, body: RemarkRequest) => post<RemarkView>(`${BASE}/${seg(name)}/versions/${number}/remarks`, body),
  settle: (name: string, number: number, id: string) => post<RemarkView>(`${BASE}/${seg(name)}/versions/${number}/remarks/${seg(id)}/settle`),
  publications: (name: string) => get<{ items: PublicationView[] }>(`${BASE}/${seg(name)}/publications`),
}
