// Who is signed in, and what they may do.
import { useQuery } from '@tanstack/react-query'
import { identity } from '@/api/identity'
import type { Me } from '@/api/types'

export function useMe(): Me | undefined {
  return useQuery({ queryKey: ['me'], queryFn: identity.me, staleTime: 60_000, retry: false }).data
}

/** Whether a page or button is worth showing: the names are those of `domain::access::Action`. The server decides anyway. */
export function may(me: Me | undefined, action: string): boolean {
  return me?.actions.includes(action) ?? false
}
