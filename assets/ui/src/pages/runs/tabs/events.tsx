// The entries of the audit log about one run.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { runs } from '@/api/runs'
import type { RunDetail } from '@/api/types'
import { AuditTable } from '@/parts/audit-table'
import { Loaded } from '@/parts/loaded'
import { Card } from '@/ui/card'
import { Empty } from '@/ui/empty'

export default function Events({ run }: { run: RunDetail }) {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['run', run.id, 'events', run.phase], queryFn: () => runs.events(run.id) })
  return (
    <Card flush>
      <Loaded query={query}>{(page) => (page.items.length === 0 ? <Empty why={t('audit.none')} /> : <AuditTable entries={page.items} />)}</Loaded>
    </Card>
  )
}
