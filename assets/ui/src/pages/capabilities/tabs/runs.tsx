// The runs of one capability.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { runs } from '@/api/runs'
import type { CapabilityDetail } from '@/api/types'
import { useUrlState } from '@/hooks/url-state'
import { Loaded } from '@/parts/loaded'
import { Pager } from '@/parts/pager'
import { runColumns } from '@/parts/run-table'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'

export default function CapabilityRuns({ unit }: { unit: CapabilityDetail }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const [{ cursor }] = useUrlState()
  const query = useQuery({
    queryKey: ['runs', 'capability', unit.name, cursor],
    queryFn: ({ signal }) => runs.list({ capability: unit.name, cursor, limit: 50 }, signal),
    placeholderData: keepPreviousData,
  })
  return (
    <Card flush>
      <Loaded query={query} rows={8}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty why={t('capability.no_runs')} />
          ) : (
            <>
              <DataTable
                label={t('capability.tab_runs')}
                rows={page.items}
                rowKey={(run) => run.id}
                onOpen={(run) => navigate(paths.run(run.id))}
                columns={runColumns(t, ['phase', 'id', 'version', 'requester', 'trigger', 'created', 'wall', 'exit'])}
              />
              <Pager next={page.next} shown={page.items.length} total={page.total} atLeast={page.total_is_lower_bound} />
            </>
          )
        }
      </Loaded>
    </Card>
  )
}
