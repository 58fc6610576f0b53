import { expect, test } from 'vitest'
import { typedValue } from './typed-value'

test.each([
  ['12', 'integer', 12],
  ['1.5', 'number', 1.5],
  ['twelve', 'integer', 'twelve'],
  ['', 'number', ''],
  ['true', 'boolean', true],
  ['yes', 'boolean', 'yes'],
  ['12', 'string', '12'],
  ['[1, 2]', 'array', [1, 2]],
  ['[1,', 'array', '[1,'],
])('%j for %s is %j', (text, type, expected) => expect(typedValue(text, { type })).toEqual(expected))
