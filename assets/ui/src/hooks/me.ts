// Who is signed in, and what they may do.
import { useQuery } from '@tanstack/react-query'
import { identity } from '@/api/identity'
import type { Me, SecretDomain } from '@/api/types'

export function useMe(): Me | undefined {
  return useQuery({ queryKey: ['me'], queryFn: identity.me, staleTime: 60_000, retry: false }).data
}

/** Whether one of several is. */
export function mayAny(me: Me | undefined, actions: string | string[]): boolean {
  return [actions].flat().some((action) => may(me, action))
}

/** Whose secrets there are to see: those of the platform belong to those who look after the appliance, or audit it. */
export function secretDomains(me: Me | undefined): SecretDomain[] {
  return [...(may(me, 'secret.list') ? (['tenant'] as const) : []), ...(may(me, 'settings.view') ? (['platform'] as const) : [])]
}

/** Whether a page or button is worth showing: the names are those of `domain::access::Action`. The server decides anyway. */
export function may(me: Me | undefined, action: string): boolean {
  return me?.actions.includes(action) ?? false
}
