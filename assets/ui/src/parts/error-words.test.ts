import { readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { pieces, wordsOf } from './error-words'

const dir = resolve(import.meta.dirname, '../../../errors')

test('the page of every code has words for both, in both languages', () => {
  const codes = readdirSync(dir).filter((name) => /^EG-.*\.md$/.test(name))
  expect(codes.length).toBeGreaterThan(100)
  for (const name of codes) {
    for (const half of readFileSync(resolve(dir, name), 'utf8').split(/\n---\n/)) {
      const { what, remedy } = wordsOf(half)
      expect([name, what.length > 5, remedy.length > 3]).toEqual([name, true, true])
    }
  }
})

test('pieces', () => expect(pieces('Run `execgov doctor`, then wait.')).toEqual([{ text: 'Run ', code: false }, { text: 'execgov doctor', code: true }, { text: ', then wait.', code: false }]))
