// What of a period lies on a day, in a zone.
import { formatTime, parseLocal } from '@/format'

const DAY_MS = 86_400_000

/** What of a period lies on a day: nothing, all of it, or from when until when. */
export function partOf(period: { from: string; until: string }, day: string, zone: string): { from?: string; until?: string } | undefined {
  const begins = Date.parse(parseLocal(`${day} 00:00`, zone) ?? '')
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)
  const ends = Date.parse(parseLocal(`${next} 00:00`, zone) ?? '')
  const [from, until] = [Date.parse(period.from), Date.parse(period.until)]
  if (until <= begins || from >= ends) return undefined
  const clock = (text: string) => formatTime(text, zone).slice(11, 16)
  return { from: from > begins ? clock(period.from) : undefined, until: until < ends ? clock(period.until) : undefined }
}
