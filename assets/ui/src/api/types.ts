// The shapes of the API, under the names the console uses.

type Opt<T> = T | null | undefined
type Json = unknown
export type JsonObject = Record<string, Json>
export type JsonSchema = Record<string, unknown>

export interface Page<T> {
  items: T[]
  next?: string | null
}
export interface CountedPage<T> extends Page<T> {
  total: number
  total_is_lower_bound: boolean
}

export type Phase =
  | 'requested' | 'awaiting_confirmation' | 'awaiting_approval' | 'queued' | 'running' | 'succeeded' | 'failed'
  | 'timed_out' | 'cancelled' | 'interrupted' | 'declined' | 'rejected' | 'expired'
export type Kind = 'python' | 'shell'
export type Risk = 'low' | 'medium' | 'high' | 'critical'
export type VersionState = 'draft' | 'published' | 'deprecated' | 'retired'
export type Trigger = 'console' | 'cli' | 'api'
export type Outcome = 'done' | 'refused' | 'failed'
export type IsolationLevel = 'process' | 'partial' | 'full'
export type StartMode = 'warm' | 'cold'

export interface Actor {
  kind: 'user' | 'anonymous' | 'system' | 'host'
  id?: string | null
  name?: string | null
  token?: string | null
}

export interface Limits {
  wall_ms?: number
  cpu_ms?: number
  memory_bytes?: number
  processes?: number
  file_bytes?: number
  disk_bytes?: number
  disk_entries?: number
  output_bytes?: number
  artifacts?: number
  result_bytes?: number
}

export interface Manifest {
  name: string
  title: string
  description?: string
  kind: Kind
  entry: string
  function?: Opt<string>
  binding: 'function' | 'argv' | 'env' | 'stdin'
  inputs: JsonSchema
  output?: Opt<JsonSchema>
  argv?: { input: string; flag?: Opt<string>; style: string }[]
  owner?: Opt<string>
  tags?: string[]
  risk: Risk
  write_boundary?: { writes?: string[] }
  network?: 'none' | 'host'
  limits?: Limits
  retry?: { attempts?: number; backoff_ms?: number; after_interruption?: boolean }
  runtime?: { requires_python?: Opt<string>; venv?: Opt<string>; dependencies?: string[] }
  concurrency?: { limit?: number; key?: Opt<string> }
  env?: Record<string, string>
  examples?: JsonObject[]
}

export interface CapabilitySummary {
  id: string
  name: string
  title: string
  description: string
  kind: Kind
  risk: Risk
  owner?: Opt<string>
  tags: string[]
  current?: Opt<number>
  latest: number
  state: VersionState
  created_at: string
  updated_at: string
  last_run?: Opt<{ id: string; phase: Phase; at: string }>
  can_run: boolean
}
export interface CapabilityDetail extends CapabilitySummary {
  version: number
  manifest: Manifest
  readme?: Opt<string>
  actions: string[]
}
export interface VersionSummary {
  number: number
  state: VersionState
  current: boolean
  digest: string
  created_at: string
  created_by: string
  published_at?: Opt<string>
  published_by?: Opt<string>
  comment?: Opt<string>
  files: number
  bytes: number
}
export interface PackageFile {
  path: string
  bytes: number
  sha256: string
  text: boolean
}
export interface ChecklistItem {
  id: string
  state: 'done' | 'missing' | 'advice'
  detail: string
}
export interface InspectionNote {
  code: string
  file?: Opt<string>
  line?: Opt<number>
  text: string
}
export interface VersionDetail extends Omit<VersionSummary, 'files'> {
  manifest: Manifest
  provenance: Record<string, unknown>
  checklist: ChecklistItem[]
  notes: InspectionNote[]
  files: PackageFile[]
}
export type ChangeKind = 'added' | 'removed' | 'changed'
export interface FieldChange {
  field: string
  change: ChangeKind
  from?: Json
  to?: Json
}
export interface VersionDiff {
  from: number
  to?: Opt<number>
  files: { path: string; change: ChangeKind; unified?: Opt<string> }[]
  manifest: FieldChange[]
  inputs: FieldChange[]
  permissions: FieldChange[]
}
export interface InspectionReport {
  manifest: Manifest
  provenance: Record<string, unknown>
  checklist: ChecklistItem[]
  notes: InspectionNote[]
  files: PackageFile[]
  digest: string
  existing?: Opt<{ id: string; latest: number; current?: Opt<number>; unchanged: boolean }>
  diff?: Opt<VersionDiff>
}
export interface Registered {
  capability: CapabilitySummary
  version: VersionSummary
  created: boolean
  report: InspectionReport
}
export interface PlanError {
  pointer: string
  rule: string
  message: string
  params?: Record<string, string>
}
export interface Plan {
  capability: string
  version: number
  version_digest: string
  verdict: 'allowed' | 'refused'
  policies: string[]
  reason?: Opt<string>
  inputs: JsonObject
  inputs_digest: string
  errors: PlanError[]
  risk: Risk
  writes: string[]
  network: 'none' | 'host'
  limits: Limits
  isolation: IsolationLevel
  start: StartMode
  interpreter?: Opt<string>
  argv?: Opt<string[]>
  queued_ahead: number
  expected_ms?: Opt<number>
}

export interface RunRequest {
  capability: string
  version?: Opt<number>
  inputs?: JsonObject
  labels?: Record<string, string>
  reason?: Opt<string>
  priority?: Opt<number>
  rerun_of?: Opt<string>
}
export interface RunSummary {
  id: string
  phase: Phase
  capability: string
  version: number
  requester: Actor
  trigger: Trigger
  created_at: string
  started_at?: Opt<string>
  finished_at?: Opt<string>
  wall_ms?: Opt<number>
  exit_code?: Opt<number>
  reason_code?: Opt<string>
  labels?: Record<string, string>
  progress?: Opt<{ percent: number; text?: string }>
}
export interface Attempt {
  started_at: string
  finished_at?: Opt<string>
  start?: Opt<StartMode>
  isolation?: Opt<{ level: IsolationLevel; memory: string; missing?: string[] }>
  interpreter?: Opt<string>
  exit_code?: Opt<number>
  signal?: Opt<number>
  reason?: Opt<string>
  detail?: Opt<string>
  usage?: { wall_ms: number; cpu_user_ms: number; cpu_system_ms: number; memory_peak_bytes: number }
}
export interface RunArtifact {
  name: string
  bytes: number
  sha256: string
  media_type: string
}
export interface RunDetail extends RunSummary {
  capability_id: string
  version_digest: string
  source?: Opt<string>
  inputs: JsonObject
  inputs_digest: string
  reason?: Opt<string>
  priority: number
  allowed_by: string[]
  rerun_of?: Opt<string>
  queued_at?: Opt<string>
  cancel_asked_by?: Opt<Actor>
  attempts: Attempt[]
  result?: Json
  artifacts: RunArtifact[]
  log?: Opt<{ lines: number; bytes: number; dropped_bytes: number; sha256: string }>
  detail?: Opt<string>
  actions: string[]
}
export interface LogLine {
  n: number
  at: string
  stream: 'stdout' | 'stderr' | 'system'
  text: string
  truncated?: boolean
}
export interface LogPage {
  lines: LogLine[]
  total: number
  sealed: boolean
}
export interface LogSearchPage {
  hits: { line: number; column: number; length: number }[]
  next?: Opt<number>
  total: number
}
export interface UploadedFile {
  id: string
  name: string
  bytes: number
  sha256: string
}
export interface RunComparison {
  left: RunDetail
  right: RunDetail
  inputs: FieldChange[]
  result: FieldChange[]
  environment: FieldChange[]
}

export interface AuditEntry {
  index: number
  at: string
  tenant: string
  action: string
  outcome: Outcome
  actor: Actor
  subject: { kind: string; id?: Opt<string>; name?: Opt<string> }
  reason?: Opt<string>
  source?: Opt<string>
  request?: Opt<string>
  details?: JsonObject
}
export interface AuditProof {
  entry: AuditEntry
  raw: string
  leaf_hash: string
  checkpoint: string
  inclusion: string[]
}
export interface AuditVerdict {
  ok: boolean
  entries: number
  first_bad?: Opt<number>
  problem?: Opt<string>
  root_hash: string
  checkpoint: string
  key: string
  duration_ms: number
  statement?: Json
}

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
  problem?: Opt<string>
  default: boolean
}
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  hint?: Opt<string>
  params?: Record<string, string>
  errors?: PlanError[]
  request_id?: Opt<string>
}

export type RoleName = 'platform-admin' | 'tenant-admin' | 'author' | 'reviewer' | 'operator' | 'approver' | 'auditor' | 'viewer'
export type Mode = 'solo' | 'four_eyes'
export interface Preferences {
  language?: 'en' | 'zh-CN'
  theme?: 'system' | 'light' | 'dark'
  time_zone?: string
  density?: 'comfortable' | 'compact'
}
export interface Me {
  id: string
  name: string
  display_name: string
  tenant: string
  roles: RoleName[]
  actions: string[]
  own_only: string[]
  preferences: Preferences
  password_expired: boolean
  mode: Mode
  session?: Opt<{ id: string; expires_at: string; idle_s: number }>
}
export interface SessionSummary {
  id: string
  current: boolean
  created_at: string
  last_seen_at: string
  expires_at: string
  source?: Opt<string>
  agent?: Opt<string>
}
export interface TokenSummary {
  id: string
  name: string
  scopes: string[]
  state: 'live' | 'expired' | 'revoked'
  user: string
  created_at: string
  expires_at: string
  last_used_at?: Opt<string>
}
export interface UserDetail {
  id: string
  name: string
  display_name: string
  tenant: string
  roles: RoleName[]
  state: 'active' | 'disabled'
  password_expired: boolean
  created_at: string
  created_by: string
  version: number
}
export interface RoleDetail {
  name: RoleName
  description: string
  actions: string[]
  own_only: string[]
}
export interface RoleList {
  items: RoleDetail[]
  scopes: { name: string; actions: string[] }[]
  actions: string[]
}
export interface Explanation {
  allowed: boolean
  user: string
  action: string
  policies: string[]
  any_of: RoleName[]
  hint?: Opt<string>
}
