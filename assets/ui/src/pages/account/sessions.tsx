// Where I am signed in.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import { Loaded } from '@/parts/loaded'
import { ProblemNotice } from '@/parts/problem'
import { Time } from '@/parts/time'
import { useToast } from '@/parts/toast'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'

export function Sessions() {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const query = useQuery({ queryKey: ['sessions'], queryFn: identity.sessions })
  const end = async (id: string) => {
    try {
      await identity.endSession(id)
      toast.done(t('account.ended'))
    } catch (cause) {
      toast.failed(<ProblemNotice error={cause} />)
    }
    void queries.invalidateQueries({ queryKey: ['sessions'] })
  }
  return (
    <Card flush>
      <Loaded query={query}>
        {(page) => (
          <DataTable
            label={t('account.tab_sessions')}
            rows={page.items}
            rowKey={(session) => session.id}
            columns={[
              { id: 'agent', title: t('account.agent'), wrap: true, cell: (session) => <span className="break">{session.agent ?? '–'}</span> },
              { id: 'source', title: t('audit.source'), kind: 'fit', cell: (session) => session.source ?? '–' },
              { id: 'created', title: t('account.signed_in'), kind: 'fit', cell: (session) => <Time at={session.created_at} /> },
              { id: 'seen', title: t('account.last_used'), kind: 'fit', cell: (session) => <Time at={session.last_seen_at} /> },
              { id: 'expires', title: t('account.expires'), kind: 'fit', cell: (session) => <Time at={session.expires_at} /> },
              {
                id: 'act',
                title: <span className="visually-hidden">{t('common.actions')}</span>,
                kind: 'fit',
                cell: (session) =>
                  session.current ? (
                    <span className="tag ok">{t('account.this_one')}</span>
                  ) : (
                    <Button size="small" danger onClick={() => void end(session.id)}>
                      {t('account.end')}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  )
}
