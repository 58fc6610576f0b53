import { expect, test } from 'vitest'
import { readState, writeState } from './url-state'

test.each([
  ['', { q: 'a b' }, '?q=a+b'],
  ['?q=a&cursor=x', { tag: 't' }, '?q=a&tag=t'],
  ['?q=a', { q: '' }, ''],
  ['?q=a', { cursor: 'c' }, '?cursor=c&q=a'],
  ['?q=a', { q: null, kind: undefined }, ''],
])('%s changed by %o is %s', (search, change, expected) => expect(writeState(search, change)).toBe(expected))

test('what was written is read', () => expect(readState(writeState('', { label: 'a=b&c', q: '中文' }))).toEqual({ label: 'a=b&c', q: '中文' }))
