// A request of a resource becomes a capability.
import { useTranslation } from 'react-i18next'
import { RequestBuild } from '@/forms/request-build'
import { useUrlState } from '@/hooks/url-state'
import { HelpLink } from '@/parts/help-link'
import { RegisterFlow } from '@/parts/register-flow'
import { RegisterTabs } from '@/parts/register-tabs'
import { paths } from '@/paths'
import { Page } from '@/ui/page'

export default function RegisterRequest() {
  const { t } = useTranslation()
  const [{ resource }] = useUrlState()
  return (
    <Page title={t('register.from_request')} crumbs={[{ to: paths.capabilities(), text: t('nav.capabilities') }]} meta={<HelpLink page="how-to/call-an-http-service" />}>
      <RegisterTabs current="request" />
      <RegisterFlow label={t('register.from_request')} first={t('register.step_request')} source={(step) => <RequestBuild {...step} resource={resource} />} />
    </Page>
  )
}
