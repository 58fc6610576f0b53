// The name of a group that is known by its id or name; the id where the reader may not see groups.
import { useQuery } from '@tanstack/react-query'
import { groups } from '@/api/access'
import { may, useMe } from '@/hooks/me'

export function useGroupName(id: string | null | undefined): string | undefined {
  const me = useMe()
  const { data } = useQuery({ queryKey: ['groups'], queryFn: groups.list, enabled: Boolean(id) && may(me, 'group.view'), staleTime: 60_000 })
  return id ? (data?.items.find((one) => one.id === id || one.name === id)?.name ?? id) : undefined
}

export function GroupName({ id }: { id: string }) {
  return <>{useGroupName(id)}</>
}
