// API tokens, one's own or somebody's.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Popconfirm } from 'antd'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Loaded } from './loaded'
import { ProblemNotice } from './problem'
import { PlainTag } from './tags'
import { Time } from './time'
import { useToast } from './toast'

export function TokenTable({ user }: { user?: string }) {
  const { t } = useTranslation()
  const toast = useToast()
  const queries = useQueryClient()
  const query = useQuery({ queryKey: ['tokens', user], queryFn: () => identity.tokens({ user }) })
  const revoke = async (id: string) => {
    try {
      await identity.revokeToken(id)
      toast.done(t('account.revoked'))
    } catch (cause) {
      toast.failed(<ProblemNotice error={cause} />)
    }
    void queries.invalidateQueries({ queryKey: ['tokens'] })
  }
  return (
    <Loaded query={query} rows={3}>
      {(page) =>
        page.items.length === 0 ? (
          <Empty why={t('account.no_tokens')} what={t('account.no_tokens_what')} />
        ) : (
          <DataTable
            label={t('account.tokens')}
            rows={page.items}
            rowKey={(token) => token.id}
            columns={[
              { id: 'name', title: t('account.token_name'), cell: (token) => token.name },
              { id: 'scopes', title: t('account.scopes'), wrap: true, cell: (token) => <span className="row tight">{token.scopes.map((scope) => <PlainTag key={scope}>{scope}</PlainTag>)}</span> },
              { id: 'state', title: t('capabilities.state'), kind: 'fit', cell: (token) => <span className={`tag ${token.state === 'live' ? 'ok' : ''}`}>{t(`token_state.${token.state}`)}</span> },
              { id: 'created', title: t('users.created'), kind: 'fit', cell: (token) => <Time at={token.created_at} /> },
              { id: 'expires', title: t('account.expires'), kind: 'fit', cell: (token) => <Time at={token.expires_at} /> },
              { id: 'used', title: t('account.last_used'), kind: 'fit', cell: (token) => <Time at={token.last_used_at} /> },
              {
                id: 'act',
                title: <span className="visually-hidden">{t('common.actions')}</span>,
                kind: 'fit',
                cell: (token) =>
                  token.state === 'live' && (
                    <Popconfirm title={t('account.revoke_sure')} okText={t('account.revoke')} cancelText={t('common.cancel')} onConfirm={() => void revoke(token.id)}>
                      <Button size="small" danger aria-label={t('account.revoke_name', { name: token.name })}>
                        {t('account.revoke')}
                      </Button>
                    </Popconfirm>
                  ),
              },
            ]}
          />
        )
      }
    </Loaded>
  )
}
