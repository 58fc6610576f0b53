import { expect, test } from 'vitest'
import { contrast, lastState, plain, tokenize } from './ansi'

test('colours become pieces, everything else of a terminal is gone', () => {
  expect(tokenize('\u001b[1;31mred\u001b[0m rest')).toEqual([{ text: 'red', color: expect.any(String), bold: true }, { text: ' rest' }])
  for (const [text, expected] of [
    ['a\u001b]8;;http://evil\u0007link\u001b]8;;\u0007b', 'alinkb'],
    ['a\u001b]52;c;c2VjcmV0\u001b\\b', 'ab'],
    ['\u001b]0;title\u0007x', 'x'],
    ['a\u001b[2A\u001b[2Kb', 'ab'],
    ['a\u001b(Bb', 'ab'],
    ['cut \u001b[3', 'cut ⟨'],
    ['\u009b31mc1', 'c1'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['safe\u202egnp.exe', 'safe⟨202E⟩gnp.exe'],
    ['bell\u0007', 'bell⟨0007⟩'],
    ['', ''],
  ] as const) {
    if (text.startsWith('cut')) expect(plain(text)).not.toContain('\u001b')
    else expect(plain(text)).toBe(expected)
  }
})

test('no colour on the log surface is unreadable', () => {
  const rgb = (text: string) => (text.match(/\d+/g) ?? []).map(Number) as [number, number, number]
  const codes = [...Array.from({ length: 8 }, (_, i) => `${30 + i}`), ...Array.from({ length: 8 }, (_, i) => `${90 + i}`), ...Array.from({ length: 256 }, (_, i) => `38;5;${i}`), '38;2;0;0;0', '38;2;20;20;90']
  for (const code of codes) {
    const [piece] = tokenize(`\u001b[${code}mx`)
    expect(contrast(rgb(piece?.color ?? ''), [13, 17, 23]), code).toBeGreaterThanOrEqual(4.5)
  }
  for (let background = 0; background < 256; background += 1) {
    const [piece] = tokenize(`\u001b[30;48;5;${background}mx`)
    expect(contrast(rgb(piece?.color ?? ''), rgb(piece?.background ?? '')), String(background)).toBeGreaterThanOrEqual(4.5)
  }
})

test('a progress bar shows its last state', () => {
  expect(lastState('10%\r50%\r100% done')).toBe('100% done')
  expect(lastState('windows line\r')).toBe('windows line')
})

test('a million colour changes in one line take a moment only', () => {
  const started = performance.now()
  tokenize('\u001b[31m'.repeat(100_000))
  expect(performance.now() - started).toBeLessThan(2_000)
})
