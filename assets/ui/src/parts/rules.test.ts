import i18next from 'i18next'
import { beforeAll, expect, test } from 'vitest'
import { ruleText } from './rules'

beforeAll(() => i18next.init({ lng: 'en', resources: { en: { translation: { rules: { format: 'Not a valid {{limit}}.', invalid: 'This value does not fit.' } } } } }))

const wrong = (rule: string, params: Record<string, string> = {}, message = '') => ruleText(i18next.t, { pointer: '/ends', rule, params, message })

test('a rule is said in the words of the language, with what the server filled in', () => {
  expect(wrong('format', { limit: 'date' })).toBe('Not a valid date.')
})

test('a sentence with a gap is not shown', () => {
  expect(wrong('format')).toBe('This value does not fit.')
})

test('a rule without words is told as the server tells it', () => {
  expect(wrong('unheard', {}, 'it is odd')).toBe('it is odd')
  expect(wrong('unheard')).toBe('This value does not fit.')
})
