import { expect, test } from 'vitest'
import { parseCsv } from './csv'
import { csvCell, toCsv } from './download'

test('csv is read with quotes, line breaks and a mark of byte order', () => {
  expect(parseCsv('\ufeffa,b\r\n"x, ""y""","1\n2"\r\n\r\nlast,')).toEqual([['a', 'b'], ['x, "y"', '1\n2'], ['last', '']])
  expect(parseCsv('a\tb\n1\t2', '\t')).toEqual([['a', 'b'], ['1', '2']])
  expect(parseCsv('a\nb\nc', ',', 2)).toHaveLength(2)
})

test.each([['=cmd()', `"'=cmd()"`], ['+1+1', `"'+1+1"`], ['@x', `"'@x"`], ['-5', '-5'], ['-5+a', `"'-5+a"`], ['\tx', `"'\tx"`], ['plain', 'plain'], [null, ''], ['a,b', '"a,b"']])(
  'the cell %s is written %s',
  (value, expected) => expect(csvCell(value)).toBe(expected),
)

test('rows end as spreadsheets expect', () => expect(toCsv([['a'], [1]])).toBe('\ufeffa\r\n1\r\n'))
