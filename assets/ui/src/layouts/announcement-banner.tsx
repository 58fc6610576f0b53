// What the platform and the tenant tell the reader now, above every page: read once, or said to be read.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { announcements } from '@/api/announcements'
import type { AnnouncementView } from '@/api/types'
import { ProblemNotice } from '@/parts/problem'
import { Notice } from '@/ui/notice'

const TONE = { info: 'info', warning: 'wait', critical: 'bad' } as const
const HIDDEN = 'execgov.announcements.hidden'

function readHidden(): string[] {
  try {
    return JSON.parse(sessionStorage.getItem(HIDDEN) ?? '[]') as string[]
  } catch {
    return []
  }
}

export function AnnouncementBanner() {
  const { data } = useQuery({ queryKey: ['announcements', 'mine'], queryFn: () => announcements.list('mine'), staleTime: 60_000, refetchInterval: 300_000, retry: false })
  const [hidden, setHidden] = useState(readHidden)
  const shown = (data?.items ?? []).filter((one) => (one.acknowledge ? !one.acknowledged_at : !hidden.includes(one.id)))
  if (shown.length === 0) return null
  const hide = (id: string) => {
    const next = [...hidden, id]
    setHidden(next)
    sessionStorage.setItem(HIDDEN, JSON.stringify(next))
  }
  return (
    <div className="stack announcements">
      {shown.map((one) => (
        <One key={one.id} one={one} onHide={() => hide(one.id)} />
      ))}
    </div>
  )
}

function One({ one, onHide }: { one: AnnouncementView; onHide: () => void }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const read = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await announcements.acknowledge(one.id)
      await queries.invalidateQueries({ queryKey: ['announcements'] })
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      {error !== undefined && <ProblemNotice error={error} />}
      <Notice
        tone={TONE[one.severity]}
        title={one.title}
        actions={
          <Button size="small" loading={busy} onClick={one.acknowledge ? () => void read() : onHide}>
            {t(one.acknowledge ? 'announcement.i_read' : 'announcement.dismiss')}
          </Button>
        }
      >
        <div className="break" style={{ whiteSpace: 'pre-line' }}>
          {one.body}
        </div>
      </Notice>
    </>
  )
}
