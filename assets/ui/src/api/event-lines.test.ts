import { expect, test } from 'vitest'
import { takeEvents } from './event-lines'

test.each([
  ['', [], ''],
  ['event: a\ndata: 1\n\nevent: b\nda', [{ event: 'a', data: '1' }], 'event: b\nda'],
  ['data: 1\ndata: 2\r\n\r\n', [{ event: 'message', data: '1\n2' }], ''],
  [': keep-alive\n\nevent:x\ndata:{"a": 1}\n\n', [{ event: 'x', data: '{"a": 1}' }], ''],
])('%j', (text, events, rest) => expect(takeEvents(text)).toEqual({ events, rest }))
