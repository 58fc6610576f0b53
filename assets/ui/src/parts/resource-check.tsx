// Whether the service behind a request answers: the resource's own check, made by those who may, seen by those who use it.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { resources } from '@/api/resources'
import { useAct } from '@/hooks/act'
import { may, useMe } from '@/hooks/me'
import { ResourceTag } from './resource-tags'
import { Ago } from './time'

export function ResourceCheck({ name }: { name: string }) {
  const { t } = useTranslation()
  const me = useMe()
  const { act, busy, notice } = useAct(['resources'])
  const query = useQuery({ queryKey: ['resources', 'one', name], queryFn: () => resources.show(name), enabled: may(me, 'resource.view'), retry: false })
  const resource = query.data
  if (query.error) return <span className="tag bad">{t('resource.not_granted')}</span>
  if (!resource) return null
  return (
    <div className="stack">
      <span className="row tight">
        <ResourceTag status={resource.status} />
        {resource.test && (
          <span className="muted">
            <Ago at={resource.test.at} />
          </span>
        )}
        {resource.actions.includes('resource.test') && (
          <Button size="small" loading={busy} onClick={() => void act(() => resources.test(name), t('resource.tested', { name }))}>
            {t('resource.test')}
          </Button>
        )}
      </span>
      {resource.status === 'failing' && resource.test && (
        <span lang="en" className="muted break">
          {resource.test.detail}
        </span>
      )}
      {notice}
    </div>
  )
}
