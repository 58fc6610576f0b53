// Pages that belong together stand in one row of tabs; what a role cannot see is not there.
import { useTranslation } from 'react-i18next'
import { mayAny, useMe } from '@/hooks/me'
import { paths } from '@/paths'
import { Tabs } from '@/ui/tabs'

interface AreaPage {
  /** Its name is the text `nav.<id>`. */
  id: string
  to: string
  /** One of them is enough. */
  needs: string | string[]
}

export const AREAS = {
  people: [
    { id: 'users', to: paths.users(), needs: 'user.view' },
    { id: 'groups', to: paths.groups(), needs: 'group.view' },
    { id: 'tenants', to: paths.tenants(), needs: 'tenant.view' },
  ],
  access: [
    { id: 'roles', to: paths.roles(), needs: 'role.view' },
    { id: 'grants', to: paths.grants(), needs: 'grant.view' },
    { id: 'spaces', to: paths.spaces(), needs: 'space.view' },
    { id: 'services', to: paths.services(), needs: 'user.view' },
    { id: 'policies', to: paths.policies(), needs: 'policy.view' },
  ],
  capabilities: [
    { id: 'catalogue', to: paths.capabilities(), needs: 'capability.view' },
    { id: 'templates', to: paths.templates(), needs: 'template.view' },
    { id: 'community', to: paths.community(), needs: 'community.view' },
  ],
  audit: [
    { id: 'audit_log', to: paths.audit(), needs: 'audit.view' },
    { id: 'keeping', to: paths.auditKeeping(), needs: 'audit.verify' },
  ],
  credentials: [
    // What belongs to the platform is not among the actions on the tenant.
    { id: 'secrets', to: paths.secrets(), needs: ['secret.list', 'settings.view'] },
    { id: 'vault', to: paths.vault(), needs: 'vault.view' },
  ],
  freezing: [
    { id: 'freezes', to: paths.freezes(), needs: 'freeze.view' },
    { id: 'calendars', to: paths.calendars(), needs: 'freeze.view' },
  ],
} satisfies Record<string, AreaPage[]>

export type AreaId = keyof typeof AREAS

export function AreaTabs({ area, current }: { area: AreaId; current: string }) {
  const { t } = useTranslation()
  const me = useMe()
  const tabs = AREAS[area].filter((page) => mayAny(me, page.needs))
  if (tabs.length < 2) return null
  return <Tabs label={t(`nav.${area}`)} current={current} tabs={tabs.map((page) => ({ id: page.id, to: page.to, text: t(`nav.${page.id}`) }))} />
}
