// Says what is wrong with a value. The rule names are JSON Schema keywords, from our validator and from the server alike.
import type { TFunction } from 'i18next'
import type { PlanError } from '@/api/types'

export function ruleText(t: TFunction, wrong: PlanError): string {
  const text = t(`rules.${wrong.rule}`, { ...wrong.params, defaultValue: '' })
  // A sentence with a gap that the server did not fill says nothing.
  if (text.includes('{{')) return t('rules.invalid')
  return text || wrong.message || t('rules.invalid')
}
