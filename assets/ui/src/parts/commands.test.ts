import { expect, test } from 'vitest'
import { asCli, asCurl } from './commands'

test('the same run as commands, with every word quoted as a shell needs it', () => {
  const inputs = { month: '2026-11', note: "it's; rm -rf /", rows: [1, 2], on: true }
  expect(asCli('report', 3, inputs)).toBe(`echo '{"month":"2026-11","note":"it'\\''s; rm -rf /","rows":[1,2],"on":true}' | execgov run report@3 --input-json - --wait --follow`)
  expect(asCurl('https://box:8443', 'report', undefined, { a: 1 })).toBe(
    `curl --fail-with-body https://box:8443/api/v1/runs -H "Authorization: Bearer $EXECGOV_TOKEN" -H 'Content-Type: application/json' -d '{"capability":"report","inputs":{"a":1}}'`,
  )
})
