// State and weight of an announcement, in words.
import { useTranslation } from 'react-i18next'
import type { AnnouncementView } from '@/api/types'

const SEVERITY = { info: 'busy', warning: 'wait', critical: 'bad' } as const
const STATE = { draft: '', in_review: 'wait', published: 'ok', withdrawn: '' } as const

export function SeverityTag({ severity }: { severity: AnnouncementView['severity'] }) {
  const { t } = useTranslation()
  return <span className={`tag ${SEVERITY[severity]}`}>{t(`announcement.${severity}`)}</span>
}

export function AnnouncementState({ one }: { one: AnnouncementView }) {
  const { t } = useTranslation()
  return <span className={`tag ${one.shown ? 'ok' : STATE[one.state]}`}>{t(one.shown ? 'announcement.shown' : `announcement.${one.state}`)}</span>
}

export function Audience({ one }: { one: AnnouncementView }) {
  const { t } = useTranslation()
  const roles = one.roles.map((role) => t(`role.${role}`, { defaultValue: role }))
  return <>{[...one.tenants, ...roles].join(', ') || t('announcement.everybody')}</>
}
