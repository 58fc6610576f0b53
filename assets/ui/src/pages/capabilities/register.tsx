// A script becomes a capability: upload or paste it. Other sources lie behind the tabs.
import { useTranslation } from 'react-i18next'
import { RegisterSource } from '@/forms/register-source'
import { useUrlState } from '@/hooks/url-state'
import { HelpLink } from '@/parts/help-link'
import { RegisterFlow } from '@/parts/register-flow'
import { RegisterTabs } from '@/parts/register-tabs'
import { paths } from '@/paths'
import { Page } from '@/ui/page'

export default function Register() {
  const { t } = useTranslation()
  const [{ name }] = useUrlState()
  return (
    <Page
      title={name ? t('register.new_version_of', { name }) : t('register.title')}
      crumbs={[{ to: paths.capabilities(), text: t('nav.capabilities') }, ...(name ? [{ to: paths.capability(name), text: name }] : [])]}
      meta={<HelpLink page="tutorials/first-capability" />}
    >
      {!name && <RegisterTabs current="script" />}
      <RegisterFlow name={name} label={t('register.title')} first={t('register.step_source')} source={(step) => <RegisterSource {...step} />} />
    </Page>
  )
}
