import { expect, test } from 'vitest'
import { asExtraErrors, diffInputs, fieldId, isFile, sameJson, startValues, titleAt, withoutEmpty } from './schema-model'

const schema = { type: 'object', properties: { b: { type: 'string', title: 'Bee' }, a: { type: 'integer', default: 3 }, rows: { type: 'array', title: 'Rows', items: { properties: { n: { title: 'Number' } } } } } }

test('a form starts with defaults under what is given, in the order of the schema, without inputs that are gone', () => {
  expect(Object.entries(startValues(schema, { gone: 1, b: 'x' }))).toEqual([['b', 'x'], ['a', 3]])
})

test('empty values are absent values', () => {
  expect(withoutEmpty({ a: '', b: null, c: [], d: ['', 'x'], e: 0, f: false, g: { h: '' } })).toEqual({ d: ['x'], e: 0, f: false, g: {} })
})

test('differences of inputs', () => {
  expect(diffInputs({ a: 1, b: [1], c: 'x' }, { b: [1], c: 'y', d: true })).toEqual([
    { name: 'a', kind: 'removed', from: 1 },
    { name: 'c', kind: 'changed', from: 'x', to: 'y' },
    { name: 'd', kind: 'added', to: true },
  ])
  expect(sameJson({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true)
  expect(sameJson([1], { 0: 1 })).toBe(false)
})

test('pointers lead to titles and fields', () => {
  expect(titleAt(schema, '/rows/0/n')).toBe('Rows › 1 › Number')
  expect(titleAt(schema, '/a')).toBe('a')
  expect(fieldId('/rows/0/n')).toBe('root_rows_0_n')
  expect(fieldId('/a~1b')).toBe('root_a/b')
  expect(asExtraErrors([{ pointer: '/rows/0/n', rule: 'type', message: 'm' }], (e) => e.message)).toEqual({ rows: { 0: { n: { __errors: ['m'] } } } })
})

test('files', () => {
  expect([isFile({ type: 'string', format: 'file' }), isFile({ anyOf: [{ type: 'null' }, { format: 'file' }] }), isFile({ type: 'string' }), isFile(undefined)]).toEqual([true, true, false, false])
})
