// One way to speak to the appliance: JSON in, JSON out, problems as exceptions, loss of the connection and of the session told to the shell.

import type { Problem } from './types'

/** What the appliance answered instead of what was asked for, or that it did not answer (`status` 0). */
export class ApiError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail || problem.title)
    this.name = 'ApiError'
    this.problem = problem
  }

  get status(): number {
    return this.problem.status
  }

  get code(): string {
    return this.problem.code
  }
}

type Listener = (state: 'online' | 'offline' | 'signed-out') => void
const listeners = new Set<Listener>()

/** Tells when the appliance stops or starts answering, and when the session is over. */
export function onConnection(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function tell(state: 'online' | 'offline' | 'signed-out') {
  for (const listener of listeners) listener(state)
}

let answeredAt = Date.now()
let ahead = 0

/** What the appliance's clock says now, and said when it last answered: its sessions end by its clock, not by ours. */
export const applianceTime = () => ({ now: Date.now() + ahead, answered: answeredAt + ahead })

function hear(response: Response) {
  answeredAt = Date.now()
  const at = Date.parse(response.headers.get('date') ?? '')
  // The header counts whole seconds.
  if (!Number.isNaN(at) && Math.abs(at - answeredAt) > 2_000) ahead = at - answeredAt
}

/** Query parameters; empty ones are left out. */
export type Params = Record<string, string | number | boolean | null | undefined>

export function withParams(path: string, params?: Params): string {
  if (!params) return path
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== '' && value !== false) query.set(key, String(value))
  }
  const text = query.toString()
  return text ? `${path}?${text}` : path
}

interface Options {
  params?: Params
  body?: unknown
  form?: FormData
  headers?: Record<string, string>
  signal?: AbortSignal
  /** The answer to a wrong password is not the end of a session. */
  keepSession?: boolean
}

export async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await send(method, path, options)
  if (response.status === 204) return undefined as T
  const type = response.headers.get('content-type') ?? ''
  return (type.includes('json') ? await response.json() : await response.text()) as T
}

export async function send(method: string, path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers }
  let body: BodyInit | undefined
  if (options.form) body = options.form
  else if (options.body !== undefined) {
    headers['content-type'] = 'application/json'
    body = JSON.stringify(options.body)
  }
  let response: Response
  try {
    response = await fetch(withParams(path, options.params), { method, headers, body, signal: options.signal, credentials: 'same-origin' })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    tell('offline')
    throw new ApiError({ type: 'about:blank', title: 'no answer', status: 0, detail: '', code: 'offline' })
  }
  tell('online')
  hear(response)
  if (response.ok) return response
  const problem = await readProblem(response)
  if (response.status === 401 && !options.keepSession) tell('signed-out')
  throw new ApiError(problem)
}

async function readProblem(response: Response): Promise<Problem> {
  const fallback: Problem = {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    detail: '',
    code: `http-${response.status}`,
    request_id: response.headers.get('x-request-id'),
  }
  try {
    const type = response.headers.get('content-type') ?? ''
    if (!type.includes('json')) return fallback
    return { ...fallback, ...((await response.json()) as Partial<Problem>) }
  } catch {
    return fallback
  }
}

export const get = <T>(path: string, params?: Params, signal?: AbortSignal) => request<T>('GET', path, { params, signal })
export const post = <T>(path: string, body?: unknown) => request<T>('POST', path, { body: body ?? {} })
export const patch = <T>(path: string, body: unknown) => request<T>('PATCH', path, { body })
export const remove = <T>(path: string) => request<T>('DELETE', path)

/** One path segment. */
export const seg = (text: string | number) => encodeURIComponent(String(text))
