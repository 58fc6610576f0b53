// A moment, in the chosen zone; UTC and the zone on hover.
import { useTranslation } from 'react-i18next'
import { ago, formatTime } from '@/format'
import { useNow, useTime } from '@/hooks/time'

export function Time({ at }: { at: string | null | undefined }) {
  const { time, zone, offset } = useTime()
  if (!at) return <span className="muted">–</span>
  return (
    <time className="num nowrap" dateTime={at} title={`${time(at)} ${zone} (${offset})\n${formatTime(at, 'UTC')} UTC`}>
      {time(at)}
    </time>
  )
}

/** `5 minutes ago`, with the moment on hover. */
export function Ago({ at }: { at: string }) {
  const { t } = useTranslation()
  const { time, zone } = useTime()
  const { unit, count } = ago(at, useNow(false))
  return (
    <time className="nowrap" dateTime={at} title={`${time(at)} ${zone}`}>
      {t(`ago.${unit}`, { count })}
    </time>
  )
}

/** Which zone the times of this page are in. */
export function ZoneNote() {
  const { zone, offset } = useTime()
  const { t } = useTranslation()
  return (
    <span className="zone-note" title={t('common.zone_hint')}>
      {t('common.zone', { zone, offset })}
    </span>
  )
}
