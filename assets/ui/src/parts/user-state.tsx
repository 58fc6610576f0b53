// Whether an account can be used.
import { CheckCircleOutlined, CloseCircleOutlined, KeyOutlined, StopOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import type { UserDetail } from '@/api/types'

export function UserState({ user }: { user: UserDetail }) {
  const { t } = useTranslation()
  const shown = () => {
    if (user.state === 'deleted') return ['', CloseCircleOutlined, 'users.deleted'] as const
    if (user.state === 'disabled') return ['', StopOutlined, 'users.disabled'] as const
    return user.password_expired ? (['wait', KeyOutlined, 'users.must_change'] as const) : (['ok', CheckCircleOutlined, 'users.active'] as const)
  }
  const [tone, Icon, text] = shown()
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden />
      {t(text)}
    </span>
  )
}
