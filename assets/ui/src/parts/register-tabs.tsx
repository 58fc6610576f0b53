// What a capability can be made from.
import { useTranslation } from 'react-i18next'
import { may, useMe } from '@/hooks/me'
import { paths } from '@/paths'
import { Tabs } from '@/ui/tabs'

export function RegisterTabs({ current }: { current: 'script' | 'request' | 'openapi' }) {
  const { t } = useTranslation()
  const me = useMe()
  if (!may(me, 'resource.view')) return null
  const tabs = [
    { id: 'script', to: paths.register(), text: t('register.from_script') },
    { id: 'request', to: paths.registerRequest(), text: t('register.from_request') },
    { id: 'openapi', to: paths.registerOpenApi(), text: t('register.from_openapi') },
  ]
  return <Tabs label={t('register.from')} current={current} tabs={tabs} />
}
