// Says what is wrong with a value. The rule names are JSON Schema keywords, from our validator and from the server alike.
import type { TFunction } from 'i18next'
import type { PlanError } from '@/api/types'

export function ruleText(t: TFunction, wrong: PlanError): string {
  const key = `rules.${wrong.rule}`
  const text = t(key, { ...wrong.params, defaultValue: '' })
  return text || wrong.message || t('rules.invalid')
}
