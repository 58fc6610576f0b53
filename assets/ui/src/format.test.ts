import { expect, test } from 'vitest'
import { ago, formatBytes, formatClock, formatCount, formatDuration, formatTime, isZone, parseLocal, shortId, zoneOffset } from './format'

test.each([
  ['2026-11-22T19:05:33Z', 'UTC', '2026-11-22 19:05:33'],
  ['2026-11-22T19:05:33Z', 'Asia/Shanghai', '2026-11-23 03:05:33'],
  ['2026-03-29T01:30:00Z', 'Europe/Berlin', '2026-03-29 03:30:00'],
  ['2026-11-22T00:00:00Z', 'UTC', '2026-11-22 00:00:00'],
  ['not a time', 'UTC', 'not a time'],
  [undefined, 'UTC', ''],
])('%s in %s is %s', (text, zone, expected) => expect(formatTime(text, zone)).toBe(expected))

test.each([
  ['2026-11-22 19:05', 'UTC', '2026-11-22T19:05:00Z'],
  ['2026-11-23 03:05:33', 'Asia/Shanghai', '2026-11-22T19:05:33Z'],
  ['2026-07-01', 'Europe/Berlin', '2026-06-30T22:00:00Z'],
  ['yesterday', 'UTC', undefined],
  ['', 'UTC', undefined],
])('the wall time %s in %s is %s', (text, zone, expected) => expect(parseLocal(text, zone)).toBe(expected))

test.each([
  [0, '0 ms'], [850, '850 ms'], [1200, '1.2 s'], [9_999, '9.9 s'], [10_000, '10 s'], [83_000, '1 m 23 s'], [7_500_000, '2 h 05 m'], [200_000_000, '2 d 7 h'],
])('%i ms reads %s', (ms, expected) => expect(formatDuration(ms)).toBe(expected))

test.each([[0, '0 B'], [1023, '1023 B'], [1024, '1 KiB'], [64 << 20, '64 MiB'], [1_500_000, '1.4 MiB']])('%i bytes read %s', (bytes, expected) => expect(formatBytes(bytes)).toBe(expected))

test('the rest', () => {
  expect(formatCount(1234567)).toBe('1,234,567')
  expect(formatClock('2026-11-22T19:05:33.045Z', 'UTC')).toBe('19:05:33.045')
  expect(zoneOffset('Asia/Kolkata', new Date('2026-01-01T00:00:00Z'))).toBe('UTC+05:30')
  expect(zoneOffset('America/New_York', new Date('2026-07-01T00:00:00Z'))).toBe('UTC-04:00')
  expect([isZone('UTC'), isZone('Mars/Base')]).toEqual([true, false])
  expect(shortId('run_0199f3c2-7d4e-7a31-9c2b-3f9a2c000001')).toBe('run_…2c000001')
  expect(ago('2026-11-22T19:00:00Z', Date.parse('2026-11-22T19:05:10Z'))).toEqual({ unit: 'minutes', count: 5 })
})
