import { expect, test } from 'vitest'
import { find } from './search'

const pages = [
  { id: 'how-to/a', title: 'Cancel a run', text: '# Cancel a run\nPress the button.' },
  { id: 'how-to/b', title: 'Limits', text: 'A run that takes too long: cancel it.' },
]

test('titles come first, every word must occur, error codes are found', () => {
  expect(find('cancel', pages, {}).map((hit) => hit.id)).toEqual(['how-to/a', 'how-to/b'])
  expect(find('cancel long', pages, {}).map((hit) => hit.id)).toEqual(['how-to/b'])
  expect(find('EG-RUN-020', pages, { 'EG-RUN-020': { title: 'Failed', text: '' } }).map((hit) => hit.id)).toEqual(['errors/EG-RUN-020'])
  expect(find('  ', pages, {})).toEqual([])
})
