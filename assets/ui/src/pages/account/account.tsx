// My account: how the console looks, password, tokens, sessions, keys.
import { useTranslation } from 'react-i18next'
import { useParams } from 'wouter'
import { useMe } from '@/hooks/me'
import { NotFound } from '@/pages/errors'
import { KeyList } from '@/parts/shortcut-sheet'
import { ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Page } from '@/ui/page'
import { Tabs } from '@/ui/tabs'
import { Password } from './password'
import { Preferences } from './preferences'
import { Sessions } from './sessions'
import { Tokens } from './tokens'

const TABS = ['preferences', 'password', 'tokens', 'sessions', 'keys']

export default function Account() {
  const { t } = useTranslation()
  const me = useMe()
  const tab = useParams<{ tab?: string }>().tab ?? 'preferences'
  if (!TABS.includes(tab)) return <NotFound />
  return (
    <Page
      title={t('nav.account')}
      meta={
        <>
          <span>
            {me?.display_name || me?.name} <code>{me?.name}</code>
          </span>
          <span>{me?.roles.map((role) => t(`role.${role}`)).join(', ')}</span>
          {me && me.tenant !== 'default' && (
            <span>
              {t('audit.tenant')} <code>{me.tenant}</code>
            </span>
          )}
          <ZoneNote />
        </>
      }
    >
      <Tabs label={t('nav.account')} current={tab} tabs={TABS.map((id) => ({ id, to: paths.account(id === 'preferences' ? undefined : id), text: t(`account.tab_${id}`) }))} />
      {tab === 'preferences' && <Preferences />}
      {tab === 'password' && <Password />}
      {tab === 'tokens' && <Tokens />}
      {tab === 'sessions' && <Sessions />}
      {tab === 'keys' && (
        <Card title={t('shell.keys')}>
          <KeyList />
        </Card>
      )}
    </Page>
  )
}
