// Requests for approval, decisions on them, confirmations, and the rules that say what starts need.
import { get, post, type Params, request, seg } from './http'
import type { ApprovalCounts, ApprovalDetail, ApprovalSummary, Page, Risk, Rule, RuleView, RunDetail } from './types'

const BASE = '/api/v1/approvals'
const RULES = '/api/v1/rules'

/** What a decision carries; a wrong password is no end of the session. */
export interface DecisionBody {
  binding: string
  comment?: string | null
  password?: string | null
}

/** A rule is of a risk class or of a capability. */
export type RuleTarget = { risk: Risk } | { capability: string }

const target = (about: RuleTarget) => ('risk' in about ? `${RULES}/risk/${seg(about.risk)}` : `${RULES}/capability/${seg(about.capability)}`)

export const approvals = {
  list: (params: Params, signal?: AbortSignal) => get<Page<ApprovalSummary>>(BASE, params, signal),
  counts: () => get<ApprovalCounts>(`${BASE}/counts`),
  show: (id: string) => get<ApprovalDetail>(`${BASE}/${seg(id)}`),
  approve: (id: string, body: DecisionBody) => request<ApprovalDetail>('POST', `${BASE}/${seg(id)}/approve`, { body, keepSession: true }),
  reject: (id: string, body: DecisionBody) => request<ApprovalDetail>('POST', `${BASE}/${seg(id)}/reject`, { body, keepSession: true }),
  withdraw: (id: string, comment?: string) => post<ApprovalDetail>(`${BASE}/${seg(id)}/withdraw`, { comment: comment || null }),
  confirm: (run: string, binding: string) => post<RunDetail>(`/api/v1/runs/${seg(run)}/confirm`, { binding }),
  decline: (run: string, reason?: string) => post<RunDetail>(`/api/v1/runs/${seg(run)}/decline`, { reason: reason || null }),
  rules: () => get<{ items: RuleView[] }>(RULES),
  setRule: (about: RuleTarget, rule: Rule) => request<{ items: RuleView[] }>('PUT', target(about), { body: rule }),
  resetRule: (about: RuleTarget) => request<{ items: RuleView[] }>('DELETE', target(about)),
}
