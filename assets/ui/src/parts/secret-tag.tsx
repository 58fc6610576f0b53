// How a secret stands, in a word with an icon and a colour.
import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, MinusCircleOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import type { SecretState } from '@/api/types'

const LOOK = { good: ['ok', CheckCircleOutlined], expiring: ['wait', ClockCircleOutlined], expired: ['bad', CloseCircleOutlined], empty: ['bad', MinusCircleOutlined] } as const

export function SecretTag({ state }: { state: SecretState }) {
  const { t } = useTranslation()
  const [tone, Icon] = LOOK[state]
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden />
      {t(`secret.state_${state}`)}
    </span>
  )
}
