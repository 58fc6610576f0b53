import { expect, test } from 'vitest'
import { unifiedDiff } from './line-diff'

test('what is added, gone and kept', () => {
  expect(unifiedDiff(['a', 'b', 'c'], ['a', 'x', 'c'])).toBe('@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n')
  expect(unifiedDiff([], ['a'])).toBe('@@ -0,0 +1 @@\n+a\n')
  expect(unifiedDiff(['a', 'b'], ['a', 'b'])).toBe('')
})

test('both texts can be read from the diff, for every pair of short texts', () => {
  const texts: string[][] = [[]]
  for (let i = 0; (texts[i]?.length ?? 9) < 4; i += 1) texts.push([...(texts[i] as string[]), 'a'], [...(texts[i] as string[]), 'b'])
  for (const a of texts) {
    for (const b of texts) {
      const said = unifiedDiff(a, b) as string
      const lines = said === '' ? [] : said.trimEnd().split('\n').slice(1)
      const read = (kind: string) => lines.filter((line) => line[0] === ' ' || line[0] === kind).map((line) => line.slice(1))
      if (said === '') expect(a).toEqual(b)
      else expect([read('-'), read('+')]).toEqual([a, b])
    }
  }
})

test('changes far apart stand in pieces of their own, with the line numbers of both', () => {
  const a = Array.from({ length: 100 }, (_, i) => `line ${i + 1}`)
  const b = a.with(9, 'ten').with(79, 'eighty').toSpliced(40, 1)
  const said = unifiedDiff(a, b) as string
  expect(said.split('\n').filter((line) => line.startsWith('@@'))).toEqual(['@@ -7,7 +7,7 @@', '@@ -38,7 +38,6 @@', '@@ -77,7 +76,7 @@'])
})

test('texts that share nothing are not set side by side', () => {
  const many = (word: string) => Array.from({ length: 5_000 }, (_, i) => `${word} ${i}`)
  expect(unifiedDiff(many('a'), many('b'))).toBeUndefined()
})
