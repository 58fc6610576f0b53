// What a page shows while its data is on the way, missing, forbidden or broken.
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/api/http'
import { Forbidden, ForbiddenNotice, NotFound } from '@/pages/errors'
import { Skeleton } from '@/ui/skeleton'
import { ProblemNotice } from './problem'

export function Loaded<T>({ query, rows, page, children }: { query: UseQueryResult<T>; rows?: number; page?: boolean; children: (data: T) => ReactNode }) {
  const { t } = useTranslation()
  if (query.data !== undefined) {
    return (
      <>
        {query.error && !(query.error instanceof ApiError && query.error.status === 0) ? <ProblemNotice error={query.error} onRetry={() => void query.refetch()} /> : null}
        {children(query.data)}
      </>
    )
  }
  if (query.error) {
    if (page && query.error instanceof ApiError && query.error.status === 404) return <NotFound />
    if (query.error instanceof ApiError && query.error.status === 403) return page ? <Forbidden error={query.error} /> : <ForbiddenNotice error={query.error} />
    return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
  }
  return <Skeleton rows={rows} label={t('common.loading')} />
}
