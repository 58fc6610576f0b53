// Whether an account can be used.
import { CheckCircleOutlined, KeyOutlined, StopOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import type { UserDetail } from '@/api/types'

export function UserState({ user }: { user: UserDetail }) {
  const { t } = useTranslation()
  const [tone, Icon, text] =
    user.state === 'disabled' ? (['', StopOutlined, 'users.disabled'] as const) : user.password_expired ? (['wait', KeyOutlined, 'users.must_change'] as const) : (['ok', CheckCircleOutlined, 'users.active'] as const)
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden />
      {t(text)}
    </span>
  )
}
