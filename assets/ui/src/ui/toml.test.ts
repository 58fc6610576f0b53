import { expect, test } from 'vitest'
import { toToml } from './toml'

test('tables that are opened get a heading, others stand inline', () => {
  const made = toToml({ name: 'orders', http: { method: 'GET', query: { month: '{month}' }, response: { success: ['2xx'] } }, inputs: { month: { type: 'string', required: true } }, left: undefined }, (path) => ['http', 'http.response', 'inputs'].includes(path.join('.')))
  expect(made).toBe('name = "orders"\n\n[http]\nmethod = "GET"\nquery = { month = "{month}" }\n\n[http.response]\nsuccess = ["2xx"]\n\n[inputs]\nmonth = { type = "string", required = true }\n')
})

test('names that are no bare keys are quoted in headings too', () => expect(toToml({ inputs: { 'a.b': { type: 'string' } } }, () => true)).toBe('[inputs."a.b"]\ntype = "string"\n'))

test.each([
  [{ a: 'quote " and \\ and\nline' }, 'a = "quote \\" and \\\\ and\\nline"\n'],
  [{ 'a b': 1.5 }, '"a b" = 1.5\n'],
  [{ 'X-Team': true }, 'X-Team = true\n'],
  [{ a: '\u007f\u0001' }, 'a = "\\u007f\\u0001"\n'],
  [{ a: {} }, 'a = {}\n'],
  [{ a: [{ at: '/ok', equals: true }] }, 'a = [{ at = "/ok", equals = true }]\n'],
])('%j', (table, expected) => expect(toToml(table, () => false)).toBe(expected))
