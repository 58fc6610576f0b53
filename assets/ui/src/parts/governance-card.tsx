// How the appliance is governed, and the change of it, which may take the consent of others.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { governance } from '@/api/governance'
import { GovernanceChange } from '@/forms/governance-change'
import { may, useMe } from '@/hooks/me'
import { paths } from '@/paths'
import { Card } from '@/ui/card'

export function GovernanceCard() {
  const { t } = useTranslation()
  const me = useMe()
  const query = useQuery({ queryKey: ['governance'], queryFn: governance.show, enabled: me !== undefined, retry: false })
  const [changing, setChanging] = useState(false)
  const found = query.data
  if (!found) return null
  const next = found.mode === 'solo' ? 'four_eyes' : 'solo'
  const can = may(me, 'settings.update')
  return (
    <Card
      title={t('governance.title')}
      extra={
        <Button size="small" disabled={!can || Boolean(found.waiting)} title={can ? undefined : t('users.may_not')} onClick={() => setChanging(true)}>
          {t(`governance.to_${next}`)}
        </Button>
      }
    >
      <span className="tag">{t(`governance.${found.mode}_name`)}</span> {t(`governance.${found.mode}`)}
      {found.waiting && (
        <div>
          {t('governance.waits')} <Link href={paths.approval(found.waiting)}>{t('approvals.asked_open')}</Link>
        </div>
      )}
      {changing && <GovernanceChange mode={next} onClose={() => setChanging(false)} />}
    </Card>
  )
}
