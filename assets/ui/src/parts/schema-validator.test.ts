import { expect, test } from 'vitest'
import { findErrors } from './schema-validator'

const schema = {
  type: 'object',
  properties: {
    month: { type: 'string', pattern: '^\\d{4}-\\d{2}$' }, top: { type: 'integer', minimum: 1, maximum: 100 }, region: { enum: ['north', 'south'] }, due: { type: 'string', format: 'date' },
    notify: { type: 'boolean' }, emails: { type: 'array', items: { type: 'string', minLength: 3 }, maxItems: 2 },
  },
  required: ['month'],
  additionalProperties: false,
  if: { properties: { notify: { const: true } }, required: ['notify'] },
  then: { required: ['emails'] },
}

test.each([
  [{ month: '2026-11' }, []],
  [{}, ['/month required']],
  [{ month: '' }, ['/month required']],
  [{ month: 'x' }, ['/month pattern']],
  [{ month: '2026-11', top: 0 }, ['/top minimum']],
  [{ month: '2026-11', top: 1.5 }, ['/top type']],
  [{ month: '2026-11', top: 'many' }, ['/top type']],
  [{ month: '2026-11', region: 'up' }, ['/region enum']],
  [{ month: '2026-11', due: '2026-13-01' }, ['/due format']],
  [{ month: '2026-11', notify: true }, ['/emails required']],
  [{ month: '2026-11', emails: ['ab'] }, ['/emails/0 minLength']],
])('%o has %o', (values, expected) => expect(findErrors(schema, values).map((wrong) => `${wrong.pointer} ${wrong.rule}`)).toEqual(expected))

test('limits are named for the words', () => {
  expect(findErrors(schema, { month: '2026-11', top: 101 })[0]?.params?.limit).toBe('100')
  expect(findErrors(schema, { month: '2026-11', region: 'up' })[0]?.params?.choices).toBe('north, south')
})
