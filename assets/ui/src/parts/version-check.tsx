// Tries of a version in the sandbox: what they showed last, and trying again.
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { reviews } from '@/api/reviews'
import type { VersionDetail } from '@/api/types'
import { useAct } from '@/hooks/act'
import { Card } from '@/ui/card'
import { CheckView } from './check-view'

export function VersionCheck({ name, version, canTry }: { name: string; version: VersionDetail; canTry: boolean }) {
  const { t } = useTranslation()
  const { act, busy, notice } = useAct(['capability', name], ['runs'])
  return (
    <Card
      title={t('versions.check_title')}
      flush={Boolean(version.check)}
      extra={
        <Button size="small" loading={busy} disabled={!canTry} title={canTry ? undefined : t('versions.may_not')} onClick={() => void act(() => reviews.check(name, version.number))}>
          {t('versions.check')}
        </Button>
      }
    >
      {notice}
      {version.check ? <CheckView report={version.check} /> : <p className="muted">{t('versions.check_none')}</p>}
    </Card>
  )
}
