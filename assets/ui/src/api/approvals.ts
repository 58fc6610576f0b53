// Requests for approval, decisions on them, confirmations, and the rules that say what starts, publishing and settings need.
import { get, post, type Params, request, seg, withParams } from './http'
import type { ApprovalCounts, ApprovalDetail, ApprovalSummary, Asked, MatterKind, Page, Risk, Rule, RuleView, RunDetail } from './types'

const BASE = '/api/v1/approvals'
const RULES = '/api/v1/rules'

/** What a decision carries; a wrong password is no end of the session. */
export interface DecisionBody {
  binding: string
  comment?: string | null
  password?: string | null
}

/** A rule is of a risk class, of a capability, or of everything of a kind that is no run. */
export type RuleTarget = { risk: Risk } | { capability: string } | { matter: MatterKind }

/** What was done, or the request in which others are asked to agree first. */
export type Changed<T> = T | Asked

export function isAsked(answer: unknown): answer is Asked {
  return typeof answer === 'object' && answer !== null && 'approval' in answer && 'detail' in answer
}

function target(about: RuleTarget): string {
  if ('risk' in about) return `${RULES}/risk/${seg(about.risk)}`
  return 'matter' in about ? `${RULES}/matter/${seg(about.matter)}` : `${RULES}/capability/${seg(about.capability)}`
}

type Rules = { items: RuleView[] }

export const approvals = {
  list: (params: Params, signal?: AbortSignal) => get<Page<ApprovalSummary>>(BASE, params, signal),
  counts: () => get<ApprovalCounts>(`${BASE}/counts`),
  show: (id: string) => get<ApprovalDetail>(`${BASE}/${seg(id)}`),
  approve: (id: string, body: DecisionBody) => request<ApprovalDetail>('POST', `${BASE}/${seg(id)}/approve`, { body, keepSession: true }),
  reject: (id: string, body: DecisionBody) => request<ApprovalDetail>('POST', `${BASE}/${seg(id)}/reject`, { body, keepSession: true }),
  withdraw: (id: string, comment?: string) => post<ApprovalDetail>(`${BASE}/${seg(id)}/withdraw`, { comment: comment || null }),
  assign: (id: string, user?: string) => post<ApprovalDetail>(`${BASE}/${seg(id)}/assign`, { user: user || null }),
  confirm: (run: string, binding: string) => post<RunDetail>(`/api/v1/runs/${seg(run)}/confirm`, { binding }),
  decline: (run: string, reason?: string) => post<RunDetail>(`/api/v1/runs/${seg(run)}/decline`, { reason: reason || null }),
  rules: () => get<Rules>(RULES),
  setRule: (about: RuleTarget, rule: Rule, reason?: string) => request<Changed<Rules>>('PUT', withParams(target(about), { reason }), { body: rule }),
  resetRule: (about: RuleTarget, reason?: string) => request<Changed<Rules>>('DELETE', withParams(target(about), { reason })),
}
