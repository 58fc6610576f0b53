// Kept views of the audit log: filters under a name, for oneself or for all who read the log.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Dropdown } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { auditKeeping } from '@/api/audit-keeping'
import type { AuditView } from '@/api/types'
import { AuditViewKeep } from '@/forms/audit-view-keep'
import { useToast } from './toast'

export function AuditViews({ filter, onUse }: { filter: AuditView['filter']; onUse: (filter: AuditView['filter']) => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const query = useQuery({ queryKey: ['audit-views'], queryFn: auditKeeping.views, staleTime: 60_000 })
  const [keeping, setKeeping] = useState(false)
  const views = query.data?.items ?? []
  const drop = async (view: AuditView) => {
    try {
      await auditKeeping.removeView(view.id)
      toast.done(t('audit.view_removed'))
    } catch (cause) {
      toast.failed(cause instanceof Error ? cause.message : String(cause))
    }
    void queries.invalidateQueries({ queryKey: ['audit-views'] })
  }
  return (
    <>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            ...views.map((view) => ({ key: view.id, label: view.own ? view.name : `${view.name} · ${t('audit.view_of', { who: view.owner.name ?? '' })}`, onClick: () => onUse(view.filter) })),
            ...(views.length === 0 ? [{ key: 'none', label: t('audit.view_none'), disabled: true }] : []),
            { type: 'divider' as const },
            { key: 'keep', label: t('audit.view_keep'), onClick: () => setKeeping(true) },
            ...views.filter((view) => view.own).map((view) => ({ key: `drop ${view.id}`, label: t('audit.view_remove', { name: view.name }), onClick: () => void drop(view) })),
          ],
        }}
      >
        <Button size="small">{t('audit.views')}</Button>
      </Dropdown>
      {keeping && <AuditViewKeep filter={filter} onClose={() => setKeeping(false)} />}
    </>
  )
}
