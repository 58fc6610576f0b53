// How long something has been going, ticking once a second; percent where the script reports it.
import { formatDuration } from '@/format'
import { useNow } from '@/hooks/time'

export function Elapsed({ since, progress }: { since: string; progress?: number }) {
  const now = useNow()
  const ms = Math.max(0, now - new Date(since).getTime())
  return (
    <>
      {progress === undefined ? '' : `${Math.round(progress)} % · `}
      {formatDuration(Math.floor(ms / 1000) * 1000)}
    </>
  )
}
