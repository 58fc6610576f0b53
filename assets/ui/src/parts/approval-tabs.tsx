// The parts of the inbox with their counts, and what belongs to it: consent that holds for many runs, and who stands in for whom.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { approvals } from '@/api/approvals'
import { paths } from '@/paths'
import { Tabs } from '@/ui/tabs'

export const INBOX = ['to_decide', 'mine', 'reviews', 'all'] as const

export function ApprovalTabs({ current }: { current: (typeof INBOX)[number] | 'standing' | 'absences' }) {
  const { t } = useTranslation()
  const { data } = useQuery({ queryKey: ['approvals', 'counts'], queryFn: approvals.counts, staleTime: 10_000 })
  const counts = { to_decide: data?.to_decide ?? 0, mine: data?.mine ?? 0, reviews: data?.reviews ?? 0, all: 0 }
  const label = (view: (typeof INBOX)[number]) => (counts[view] > 0 ? `${t(`approvals.view_${view}`)} (${counts[view]}${view === 'to_decide' && data?.to_decide_is_lower_bound ? '+' : ''})` : t(`approvals.view_${view}`))
  return (
    <Tabs
      label={t('approvals.views')}
      current={current}
      tabs={[
        ...INBOX.map((view) => ({ id: view, to: paths.approvals({ view }), text: label(view) })),
        { id: 'standing', to: paths.standing(), text: t('approvals.standing') },
        { id: 'absences', to: paths.absences(), text: t('approvals.absences') },
      ]}
    />
  )
}
