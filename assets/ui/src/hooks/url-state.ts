// State in the address: filters, pages and tabs survive reload, Back and being sent to a colleague.
import { useCallback, useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'

export type UrlState = Record<string, string>

export function readState(search: string): UrlState {
  return Object.fromEntries(new URLSearchParams(search))
}

/** Empty values leave the address; a change of anything but the cursor starts again at the first page. */
export function writeState(search: string, change: Record<string, string | undefined | null>): string {
  const params = new URLSearchParams(search)
  if (!('cursor' in change)) params.delete('cursor')
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined || value === null || value === '') params.delete(key)
    else params.set(key, value)
  }
  params.sort()
  const text = params.toString()
  return text ? `?${text}` : ''
}

export function useUrlState(): [UrlState, (change: Record<string, string | undefined | null>, how?: 'push' | 'replace') => void] {
  const search = useSearch()
  const [path, navigate] = useLocation()
  const state = useMemo(() => readState(search), [search])
  const change = useCallback(
    (next: Record<string, string | undefined | null>, how: 'push' | 'replace' = 'push') => {
      navigate(`${path}${writeState(window.location.search, next)}`, { replace: how === 'replace' })
    },
    [navigate, path],
  )
  return [state, change]
}
