// A rule of a calendar in words.
import type { TFunction } from 'i18next'
import type { DayRule } from '@/api/types'

export function dayRuleText(t: TFunction, rule: DayRule): string {
  const which = (rule.nth ?? []).map((n) => String(n)).join(', ')
  const days = [...(rule.weekdays ?? []).map((day) => t(`freeze.${day}`)), ...(rule.month_days ?? []).map((day) => t('freeze.month_day', { day }))]
  const months = (rule.months ?? []).length > 0 ? ` · ${t('calendar.months')} ${(rule.months ?? []).join(', ')}` : ''
  return `${days.join(', ') || t('calendar.every')}${which ? ` (${t('calendar.nth')}: ${which})` : ''}${months}`
}
