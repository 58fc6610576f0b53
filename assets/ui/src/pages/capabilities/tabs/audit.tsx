// What was done to one capability.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { audit } from '@/api/audit'
import type { CapabilityDetail } from '@/api/types'
import { useUrlState } from '@/hooks/url-state'
import { AuditTable } from '@/parts/audit-table'
import { Loaded } from '@/parts/loaded'
import { Pager } from '@/parts/pager'
import { Card } from '@/ui/card'
import { Empty } from '@/ui/empty'

export default function CapabilityAudit({ unit }: { unit: CapabilityDetail }) {
  const { t } = useTranslation()
  const [{ cursor }] = useUrlState()
  const query = useQuery({
    queryKey: ['audit', 'capability', unit.id, cursor],
    queryFn: ({ signal }) => audit.list({ kind: 'capability', subject: unit.name, cursor, limit: 50 }, signal),
    placeholderData: keepPreviousData,
  })
  return (
    <Card flush>
      <Loaded query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty why={t('audit.none')} />
          ) : (
            <>
              <AuditTable entries={page.items} />
              <Pager next={page.next} shown={page.items.length} />
            </>
          )
        }
      </Loaded>
    </Card>
  )
}
