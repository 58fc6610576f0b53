// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import type { LogLine, LogPage } from '@/api/types'
import { BLOCK, LogStore } from './store'

const line = (n: number): LogLine => ({ n, at: '2026-11-22T00:00:00Z', stream: 'stdout', text: `line ${n}` })
const page = (from: number, to: number, total: number, sealed = false): LogPage => ({ lines: Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => line(from + i)), total, sealed })

function logOf(total: number) {
  const asked: [number, number][] = []
  const store = new LogStore(async (from, count) => {
    asked.push([from, count])
    return page(from, Math.min(total, from + count - 1), total)
  })
  return { store, asked }
}

test('overlapping pages and repeated events leave one of each line', () => {
  const { store } = logOf(0)
  store.add(page(1, 10, 10))
  store.add(page(8, 14, 14))
  store.add(page(11, 14, 14))
  expect(store.total).toBe(14)
  expect(Array.from({ length: 14 }, (_, i) => store.line(i + 1)?.n)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1))
})

test('a gap in what came live is fetched when it is wanted', async () => {
  const { store, asked } = logOf(3000)
  store.add(page(1, 10, 10))
  store.add(page(2001, 2010, 2010))
  store.want(900, 1100)
  await new Promise((done) => setTimeout(done, 5))
  expect(asked).toEqual([[BLOCK + 1, BLOCK], [2 * BLOCK + 1, BLOCK]])
  expect(store.line(1000)?.text).toBe('line 1000')
  store.want(900, 1100)
  expect(asked).toHaveLength(2)
})

test('what was seen long ago is forgotten, so that memory stays bounded', async () => {
  const { store } = logOf(1_000_000)
  store.add(page(1, 1, 1_000_000))
  for (let at = 1; at < 100_000; at += BLOCK) {
    store.want(at, at)
    await Promise.resolve()
  }
  await new Promise((done) => setTimeout(done, 20))
  let held = 0
  for (let n = 1; n <= 100_000; n += 1) if (store.line(n)) held += 1
  expect(held).toBeGreaterThan(10_000)
  expect(held).toBeLessThan(45_000)
})

test('the total never shrinks and a seal stays', () => {
  const { store } = logOf(0)
  store.add(page(1, 5, 5, true))
  store.add(page(1, 2, 2))
  expect([store.total, store.sealed]).toEqual([5, true])
})
