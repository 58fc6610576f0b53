// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { paths, safeNext } from './paths'

test.each([
  ['/runs?phase=failed#x', '/runs?phase=failed#x'],
  ['//evil.example', '/'], ['/\\evil.example', '/'], ['\\\\evil', '/'], ['https://evil.example', '/'], ['javascript:alert(1)', '/'],
  ['/signin?next=/x', '/'], ['/api/v1/session', '/'], ['/\u0000', '/'], ['', '/'], [null, '/'],
])('after sign-in %s leads to %s', (next, expected) => expect(safeNext(next)).toBe(expected))

test('names are one segment, whatever they hold', () => {
  expect(paths.capability('a/b?c#d')).toBe('/capabilities/a%2Fb%3Fc%23d')
  expect(paths.runs({ phase: 'failed', label: undefined })).toBe('/runs?phase=failed')
})
