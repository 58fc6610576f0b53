import { expect, test } from 'vitest'
import { monthFrom, weeksOf } from './month'

test.each([
  ['2026-11', '2026-10-26', '2026-12-06', 6],
  ['2026-02', '2026-01-26', '2026-03-01', 5],
  ['2027-02', '2027-02-01', '2027-02-28', 4],
  ['2026-12', '2026-11-30', '2027-01-03', 5],
])('the weeks of %s go from %s to %s', (month, first, last, count) => {
  const weeks = weeksOf(month)
  expect([weeks.at(0)?.at(0), weeks.at(-1)?.at(-1), weeks.length]).toEqual([first, last, count])
  expect(weeks.every((week) => week.length === 7)).toBe(true)
})

test.each([
  ['2026-12', 1, '2027-01'],
  ['2026-01', -1, '2025-12'],
  ['2026-11', 14, '2028-01'],
])('%s and %i months is %s', (month, steps, expected) => expect(monthFrom(month, steps)).toBe(expected))
