// Something whose code is fetched when it is first shown: grey bars keep its place meanwhile.
import { type ReactNode, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Skeleton } from '@/ui/skeleton'

export function Late({ rows, children }: { rows?: number; children: ReactNode }) {
  const { t } = useTranslation()
  return <Suspense fallback={<Skeleton rows={rows} label={t('common.loading')} />}>{children}</Suspense>
}
