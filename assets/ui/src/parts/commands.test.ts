import { expect, test } from 'vitest'
import { asCli, asCurl } from './commands'

test('the same run as commands, with every word quoted as a shell needs it', () => {
  const inputs = { month: '2026-11', note: "it's; rm -rf /", rows: [1, 2], on: true }
  expect(asCli('report', 3, inputs)).toBe(`execgov run report@3 --param month=2026-11 --param 'note=it'\\''s; rm -rf /' --param 'rows=[1,2]' --param on=true --wait --follow`)
  expect(asCurl('https://box:8443', 'report', undefined, { a: 1 })).toBe(
    `curl --fail-with-body https://box:8443/api/v1/runs -H "Authorization: Bearer $EXECGOV_TOKEN" -H 'Content-Type: application/json' -d '{"capability":"report","inputs":{"a":1}}'`,
  )
})
