// The time of a run as spans on one axis.
import type { RunDetail } from '@/api/types'

export interface Span {
  name: string
  from: number
  to: number
  tone: string
}

/** Waiting and attempts, in order. Waiting is what lies between being asked for (or the attempt before) and the next attempt. */
export function spans(run: RunDetail, now: number): Span[] {
  const at = (text: string | null | undefined) => (text ? new Date(text).getTime() : undefined)
  const created = at(run.created_at) ?? now
  const over = at(run.finished_at) ?? now
  const out: Span[] = []
  // What was held went to the queue when the last consent came; until then it waits for people, not for a place.
  const held = run.hold ? (at(run.queued_at) ?? over) : created
  if (run.hold) out.push({ name: 'hold', from: created, to: held, tone: 'wait' })
  let from = held
  for (const [i, attempt] of run.attempts.entries()) {
    const begin = at(attempt.started_at) ?? from
    out.push({ name: i === 0 ? 'queue' : 'backoff', from, to: begin, tone: 'wait' })
    const end = at(attempt.finished_at) ?? over
    const last = i === run.attempts.length - 1
    const good = last ? run.phase === 'succeeded' : false
    out.push({ name: `attempt ${i + 1}`, from: begin, to: end, tone: last && run.phase === 'running' ? '' : good ? 'ok' : 'bad' })
    from = end
  }
  if (run.attempts.length === 0 && !(run.hold && !run.queued_at)) out.push({ name: 'queue', from: held, to: over, tone: 'wait' })
  return out
}
