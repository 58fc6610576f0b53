// What this is, which version, and whose works are in it.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { system } from '@/api/system'
import { may, useMe } from '@/hooks/me'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { Facts } from '@/ui/facts'
import { Skeleton } from '@/ui/skeleton'

export default function About() {
  const { t } = useTranslation()
  const me = useMe()
  const info = useQuery({ queryKey: ['system'], queryFn: system.info, enabled: may(me, 'system.view'), retry: false })
  const notices = useQuery({ queryKey: ['notices'], queryFn: async () => (await import('virtual:notices')).default, staleTime: Number.POSITIVE_INFINITY })
  return (
    <div className="stack wide">
      <Card>
        <div className="stack">
          <p>{t('help.about_what')}</p>
          {info.data && (
            <Facts
              items={[
                [t('health.version'), <code key="v">{info.data.version}</code>],
                [
                  t('health.install'),
                  <span key="i" className="row tight">
                    <code className="break">{info.data.install_id}</code>
                    <CopyButton text={info.data.install_id} label={t('common.copy')} />
                  </span>,
                ],
              ]}
            />
          )}
        </div>
      </Card>
      <Card title={t('help.notices')}>
        {notices.data ? (
          <pre className="code-block" tabIndex={0} role="region" aria-label={t('help.notices')} lang="en">
            {notices.data}
          </pre>
        ) : (
          <Skeleton label={t('common.loading')} rows={8} />
        )}
      </Card>
    </div>
  )
}
