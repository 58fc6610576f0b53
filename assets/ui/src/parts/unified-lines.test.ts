import { expect, test } from 'vitest'
import { unifiedDiff } from './line-diff'
import { unifiedLines } from './unified-lines'

test('lines of the newer file are numbered, removed ones are not', () => {
  const text = '--- a/x.py\n+++ b/x.py\n@@ -3,4 +3,5 @@\n same\n-old\n+new\n+more\n last\n@@ -20 +21,2 @@\n-- a dash\n+++ plus\n end\n\\ No newline at end of file\n'
  expect(unifiedLines(text).map(({ kind, line }) => `${kind}${line ?? ''}`)).toEqual(['', '', 'at', '3', 'del', 'add4', 'add5', '6', 'at', 'del', 'add21', '22', ''])
})

test('what our own diff says is read line by line', () => {
  expect(unifiedLines(unifiedDiff(['a', 'b', 'c'], ['a', 'x', 'y', 'c']) as string).map(({ kind, line }) => `${kind}${line ?? ''}`)).toEqual(['at', '1', 'del', 'add2', 'add3', '4'])
})
