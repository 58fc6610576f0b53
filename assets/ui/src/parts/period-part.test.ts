import { expect, test } from 'vitest'
import { partOf } from './period-part'

const ZONE = 'Asia/Shanghai'
// From Friday 22:00 until Sunday 08:00 in Shanghai.
const weekend = { from: '2026-11-27T14:00:00Z', until: '2026-11-29T00:00:00Z' }

test.each([
  ['2026-11-26', undefined],
  ['2026-11-27', { from: '22:00', until: undefined }],
  ['2026-11-28', { from: undefined, until: undefined }],
  ['2026-11-29', { from: undefined, until: '08:00' }],
  ['2026-11-30', undefined],
])('of the weekend lies on %s: %o', (day, expected) => expect(partOf(weekend, day, ZONE)).toEqual(expected))

test('a day that ends as another begins has nothing of it', () => expect(partOf({ from: '2026-11-26T16:00:00Z', until: '2026-11-27T16:00:00Z' }, '2026-11-28', ZONE)).toBeUndefined())
