// How a resource stands, how one signs in to it, and what it may write, in the reader's words.
import { CheckCircleOutlined, CloseCircleOutlined, QuestionCircleOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import type { ResourceStatus, ResourceView } from '@/api/types'
import { PlainTag } from './tags'

const LOOK = { good: ['ok', CheckCircleOutlined], failing: ['bad', CloseCircleOutlined], untested: ['', QuestionCircleOutlined] } as const

export function ResourceTag({ status }: { status: ResourceStatus }) {
  const { t } = useTranslation()
  const [tone, Icon] = LOOK[status]
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden />
      {t(`resource.status_${status}`)}
    </span>
  )
}

/** The words of `domain::resource::Auth::word`. */
const AUTH: Record<string, string> = {
  none: 'none',
  basic: 'basic',
  bearer: 'bearer',
  'API key in a header': 'api_key_header',
  'API key in the query': 'api_key_query',
  'OAuth 2 client credentials': 'oauth2',
  AppRole: 'app_role',
  'HMAC signature': 'hmac',
}

export function AuthWord({ auth }: { auth: string }) {
  const { t } = useTranslation()
  return <>{AUTH[auth] ? t(`resource.auth_${AUTH[auth]}`) : auth}</>
}

export function WriteBoundary({ resource }: { resource: Pick<ResourceView, 'writes' | 'source'> }) {
  const { t } = useTranslation()
  if (resource.source) return <span className="tag ok">{t('resource.secrets_only')}</span>
  if (resource.writes.length === 0) return <span className="tag ok">{t('resource.read_only')}</span>
  return (
    <span className="row tight">
      {resource.writes.map((rule) => (
        <PlainTag key={rule}>{rule}</PlainTag>
      ))}
    </span>
  )
}
