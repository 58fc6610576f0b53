// Whether the vault is open, and what somebody should do about it.
import { LockOutlined, StopOutlined, UnlockOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { vault } from '@/api/vault'
import type { VaultState, VaultStatus } from '@/api/types'
import { may, useMe } from '@/hooks/me'
import { paths } from '@/paths'
import { Notice } from '@/ui/notice'
import { warningText } from './vault-warnings'

const LOOK = { open: ['ok', UnlockOutlined], sealed: ['bad', LockOutlined], absent: ['', StopOutlined] } as const

export function VaultTag({ state }: { state: VaultState }) {
  const { t } = useTranslation()
  const [tone, Icon] = LOOK[state]
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden />
      {t(`vault.state_${state}`)}
    </span>
  )
}

export function useVault() {
  const me = useMe()
  return useQuery({ queryKey: ['vault'], queryFn: vault.status, enabled: may(me, 'vault.view'), staleTime: 30_000 })
}

/** Every reminder, in the reader's words. */
export function reminders(t: ReturnType<typeof useTranslation>['t'], status: VaultStatus): string[] {
  return [
    ...(status.waiting > 0 ? [t('vault.waiting', { count: status.waiting })] : []),
    ...(status.expiring > 0 ? [t('vault.expiring', { count: status.expiring })] : []),
    ...status.warnings.map((warning) => warningText(t, warning)),
    ...(status.drill && !status.drill.ok ? [t('vault.drill_failed')] : []),
  ]
}

/** On other pages: the vault is sealed or not set up, or somebody should look at it. Nothing when all is well. */
export function VaultReminder() {
  const { t } = useTranslation()
  const { data } = useVault()
  if (!data) return null
  const all = reminders(t, data)
  if (data.state === 'open' && all.length === 0) return null
  return (
    <Notice
      tone={data.state === 'sealed' ? 'bad' : 'wait'}
      title={data.state === 'open' ? t('vault.look', { count: all.length }) : t(data.state === 'sealed' ? 'vault.is_sealed' : 'vault.is_absent')}
      actions={<Link href={paths.vault()}>{t('vault.see')}</Link>}
    >
      {data.state === 'sealed' && <div>{t('vault.is_sealed_what')}</div>}
      {data.state === 'absent' && <div>{t('vault.is_absent_what')}</div>}
      {data.state !== 'absent' && all.length > 0 && <div className="break">{all.slice(0, 3).join(' · ')}</div>}
    </Notice>
  )
}
