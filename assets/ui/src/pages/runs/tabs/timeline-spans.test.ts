import { expect, test } from 'vitest'
import type { RunDetail } from '@/api/types'
import { spans } from './timeline-spans'

const T = (s: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, s)).toISOString()
const run = (some: object) => ({ created_at: T(0), queued_at: T(0), attempts: [], phase: 'queued', ...some }) as unknown as RunDetail
const now = Date.parse(T(60))
const shown = (one: RunDetail) => spans(one, now).map((span) => [span.name, (span.from - Date.parse(T(0))) / 1000, (span.to - Date.parse(T(0))) / 1000, span.tone])

test('queued and not begun', () => expect(shown(run({}))).toEqual([['queue', 0, 60, 'wait']]))
test('begun', () => expect(shown(run({ phase: 'running', attempts: [{ started_at: T(5) }] }))).toEqual([['queue', 0, 5, 'wait'], ['attempt 1', 5, 60, '']]))
test('failed, then better', () =>
  expect(shown(run({ phase: 'succeeded', finished_at: T(30), attempts: [{ started_at: T(1), finished_at: T(10) }, { started_at: T(20), finished_at: T(30) }] }))).toEqual([
    ['queue', 0, 1, 'wait'], ['attempt 1', 1, 10, 'bad'], ['backoff', 10, 20, 'wait'], ['attempt 2', 20, 30, 'ok'],
  ]))
test('held, not decided yet', () => expect(shown(run({ phase: 'awaiting_approval', queued_at: null, hold: {} }))).toEqual([['hold', 0, 60, 'wait']]))
test('held, rejected', () => expect(shown(run({ phase: 'rejected', queued_at: null, finished_at: T(9), hold: {} }))).toEqual([['hold', 0, 9, 'wait']]))
test('held, approved, run', () =>
  expect(shown(run({ phase: 'succeeded', hold: {}, queued_at: T(20), finished_at: T(30), attempts: [{ started_at: T(22), finished_at: T(30) }] }))).toEqual([
    ['hold', 0, 20, 'wait'], ['queue', 20, 22, 'wait'], ['attempt 1', 22, 30, 'ok'],
  ]))
