// The shapes of the API under the names the console uses. They come from the OpenAPI document that the server's tests keep true.
import type { components } from './generated'

type Schemas = components['schemas']
export type JsonObject = Record<string, unknown>
export type JsonSchema = Record<string, unknown>

export interface Page<T> {
  items: T[]
  next?: string | null
}
export interface CountedPage<T> extends Page<T> {
  total: number
  total_is_lower_bound: boolean
}

export type Phase = Schemas['Phase']
export type Kind = Schemas['Kind']
export type Risk = Schemas['Risk']
export type VersionState = Schemas['VersionState']
export type Trigger = Schemas['Trigger']
export type Outcome = Schemas['Outcome']
export type IsolationLevel = Schemas['IsolationLevel']
export type StartMode = Schemas['StartMode']
export type Actor = Schemas['Actor']
export type Limits = Schemas['Limits']
export type CapabilitySummary = Schemas['CapabilitySummary']
export type CapabilityDetail = Schemas['CapabilityDetail']
export type VersionSummary = Schemas['VersionSummary']
export type PackageFile = Schemas['PackageFile']
export type ChecklistItem = Schemas['ChecklistItem']
export type InspectionNote = Schemas['InspectionNote']
export type ChangeKind = Schemas['ChangeKind']
export type FieldChange = Schemas['FieldChange']
export type VersionDiff = Schemas['VersionDiff']
export type InspectionReport = Schemas['InspectionReport']
export type Registered = Schemas['Registered']
export type PlanError = Schemas['PlanError']
export type Plan = Schemas['Plan']
export type RunSummary = Schemas['RunSummary']
export type Attempt = Schemas['Attempt']
export type RunArtifact = Schemas['RunArtifact']
export type RunDetail = Schemas['RunDetail']
export type LogLine = Schemas['LogLine']
export type LogPage = Schemas['LogPage']
export type LogSearchPage = Schemas['LogSearchPage']
export type UploadedFile = Schemas['UploadedFile']
export type RunComparison = Schemas['RunComparison']
export type AuditEntry = Schemas['AuditEntry']
export type AuditProof = Schemas['AuditProof']
export type Mode = Schemas['Mode']
export type Preferences = Schemas['Preferences']
export type Me = Schemas['Me']
export type SessionSummary = Schemas['SessionSummary']
export type TokenSummary = Schemas['TokenSummary']
export type UserDetail = Schemas['UserDetail']
export type RoleDetail = Schemas['RoleDetail']
export type RoleList = Schemas['RoleList']
export type Explanation = Schemas['Explanation']
export type Problem = Schemas['Problem']
export type Manifest = Schemas['Manifest']
export type VersionDetail = Schemas['VersionDetail']
export type RunRequest = Schemas['RunRequest']
export type ApprovalState = Schemas['ApprovalState']
export type ApprovalSummary = Schemas['ApprovalSummary']
export type ApprovalDetail = Schemas['ApprovalDetail']
export type ApprovalCounts = Schemas['ApprovalCounts']
export type Need = Schemas['Need']
export type Rule = Schemas['Rule']
export type RuleView = Schemas['RuleView']
export type Weekday = Schemas['Weekday']
export type Window = Schemas['Window']
export type FreezeView = Schemas['FreezeView']
export type FreezeRequest = Schemas['FreezeRequest']
export type RoleName = Schemas['Role']

export interface SystemInfo {
  version: string
  install_id: string
  mode: string
  started_at: string
  isolation: IsolationLevel
  runs_running: number
  runs_queued: number
  log_key: string
  time: string
}

export interface DoctorCheck {
  id: string
  state: 'ok' | 'warning' | 'failed'
  title: string
  detail: string
  remedy?: string
}

export interface DoctorReport {
  checks: DoctorCheck[]
  worst: 'ok' | 'warning' | 'failed'
}

export interface RuntimeSummary {
  language: string
  path: string
  version: string
  usable: boolean
  problem?: string | null
  default: boolean
}

export interface AuditVerdict {
  ok: boolean
  entries: number
  first_bad?: number | null
  problem?: string | null
  root_hash: string
  checkpoint: string
  key: string
  duration_ms: number
  statement?: unknown
}
