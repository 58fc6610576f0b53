// What colleagues think, in a number.
import { useTranslation } from 'react-i18next'
import type { SharedView } from '@/api/types'

export function RatingText({ one }: { one: SharedView }) {
  const { t } = useTranslation()
  if (one.mean_tenths === null || one.mean_tenths === undefined) return <span>{t('community.no_ratings')}</span>
  return <span className="num">{t('community.ratings', { mean: (one.mean_tenths / 10).toFixed(1), count: one.ratings })}</span>
}
