// Who used a secret, for which run, in which version: from the audit log, for those who may read it.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { audit } from '@/api/audit'
import { shortId } from '@/format'
import { may, useMe } from '@/hooks/me'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { ActorName } from './actor'
import { Loaded } from './loaded'
import { Time } from './time'

const SHOWN = 20

export function SecretUses({ id }: { id: string }) {
  const { t } = useTranslation()
  const me = useMe()
  const sees = may(me, 'audit.view')
  const query = useQuery({ queryKey: ['audit', 'secret.use', id], queryFn: ({ signal }) => audit.list({ action: 'secret.use', subject: id, limit: SHOWN }, signal), enabled: sees })
  if (!sees) return null
  return (
    <Card title={t('secret.uses')} flush extra={<Link href={paths.audit({ action: 'secret.use', subject: id })}>{t('home.all')}</Link>}>
      <Loaded query={query} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty why={t('secret.uses_none')} />
          ) : (
            <DataTable
              label={t('secret.uses')}
              rows={items}
              rowKey={(row) => String(row.index)}
              columns={[
                { id: 'at', title: t('audit.at'), kind: 'fit', cell: (row) => <Time at={row.at} /> },
                { id: 'who', title: t('audit.actor'), cell: (row) => <ActorName actor={row.actor} /> },
                { id: 'run', title: t('subject.run'), cell: (row) => (typeof row.details?.run === 'string' ? <Link href={paths.run(row.details.run)}>{shortId(row.details.run)}</Link> : <span className="muted">{typeof row.details?.resource_name === 'string' ? row.details.resource_name : '–'}</span>) },
                { id: 'version', title: t('runs.version'), kind: 'right', cell: (row) => <span className="num">{String(row.details?.version ?? '–')}</span> },
                { id: 'delivery', title: t('secret.delivery'), kind: 'fit', cell: (row) => (row.details?.delivery === 'env' ? t('secret.as_env') : row.details?.delivery === 'file' ? t('secret.as_file') : t('secret.to_resource')) },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  )
}
