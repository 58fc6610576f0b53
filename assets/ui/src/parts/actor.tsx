// Who acted.
import { useTranslation } from 'react-i18next'
import type { Actor } from '@/api/types'

export function ActorName({ actor }: { actor: Actor }) {
  const { t } = useTranslation()
  if (actor.kind === 'user') {
    return (
      <span className="nowrap" title={actor.id ?? undefined}>
        {actor.name ?? actor.id}
        {actor.token ? <span className="muted"> {t('common.by_token')}</span> : null}
      </span>
    )
  }
  return <span className="muted nowrap">{actor.kind === 'host' && actor.name ? `${t('actor.host')} (${actor.name})` : t(`actor.${actor.kind}`)}</span>
}
