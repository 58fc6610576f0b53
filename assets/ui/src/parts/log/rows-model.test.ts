import { expect, test } from 'vitest'
import { chosenRows, foldedRows, formatMark, groupTitle, isGroupEnd, parseMark, pattern, toggleFold } from './rows-model'

test('folded lines take no row, and every row leads to its line and back', () => {
  const rows = foldedRows(0, 20, [{ head: 3, end: 6 }, { head: 10, end: 12 }])
  const lines = Array.from({ length: rows.count }, (_, i) => rows.line(i))
  expect(lines).toEqual([1, 2, 3, 7, 8, 9, 10, 13, 14, 15, 16, 17, 18, 19, 20])
  for (const [i, n] of lines.entries()) expect(rows.row(n)).toBe(i)
  expect(rows.row(5)).toBe(2)
})

test('a window begins after its base', () => {
  const rows = foldedRows(1000, 1500, [])
  expect([rows.count, rows.line(0), rows.row(1001), rows.row(3)]).toEqual([500, 1001, 0, 0])
})

test('chosen lines are found, or the nearest after', () => {
  const rows = chosenRows([4, 9, 100])
  expect([rows.count, rows.line(1), rows.row(9), rows.row(10), rows.row(1000)]).toEqual([3, 9, 1, 2, 2])
})

test('folding twice is unfolding; a fold swallows those inside', () => {
  const one = toggleFold([], { head: 5, end: 8 })
  expect(toggleFold(one, { head: 5, end: 8 })).toEqual([])
  expect(toggleFold(one, { head: 2, end: 20 })).toEqual([{ head: 2, end: 20 }])
})

test('marks', () => {
  expect(parseMark('#L49-L60')).toEqual({ from: 49, to: 60 })
  expect(parseMark('#L60-49')).toEqual({ from: 49, to: 60 })
  expect([parseMark('#L0'), parseMark('#x'), parseMark('#L1-L2-L3')]).toEqual([undefined, undefined, undefined])
  expect(formatMark({ from: 7, to: 7 })).toBe('#L7')
})

test('groups', () => {
  expect(groupTitle('##[group]Build it')).toBe('Build it')
  expect(groupTitle('::group::Build it')).toBe('Build it')
  expect([groupTitle('text ##[group]x'), isGroupEnd('##[endgroup]'), isGroupEnd('##[group]')]).toEqual([undefined, true, false])
})

test('a plain search takes every character for itself', () => {
  expect('a.b*c'.match(pattern('.b*', false, true) as RegExp)?.[0]).toBe('.b*')
  expect(pattern('(', true, false)).toBeUndefined()
  expect(pattern('', false, false)).toBeUndefined()
})
