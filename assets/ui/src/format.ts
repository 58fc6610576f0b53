// The one place that turns times, durations, sizes and counts into text: equal in both languages, 24 hours, zone always known.

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone)
  if (!found) {
    found = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    })
    formatters.set(zone, found)
  }
  return found
}

/** Whether the browser knows this IANA zone. */
export function isZone(zone: string): boolean {
  try {
    formatter(zone)
    return true
  } catch {
    return false
  }
}

export function hostZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
}

function parts(at: Date, zone: string): Record<string, string> {
  const out: Record<string, string> = {}
  for (const part of formatter(zone).formatToParts(at)) out[part.type] = part.value
  return out
}

/** `2026-11-22 19:05:33` in the zone; the text itself when it is not a time. */
export function formatTime(text: string | null | undefined, zone: string): string {
  if (!text) return ''
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return text
  const p = parts(at, zone)
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`
}

/** `19:05:33.123`. */
export function formatClock(text: string, zone: string): string {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return text
  const p = parts(at, zone)
  return `${p.hour}:${p.minute}:${p.second}.${String(at.getUTCMilliseconds()).padStart(3, '0')}`
}

/** `UTC+08:00` for the zone at that moment. */
export function zoneOffset(zone: string, at: Date): string {
  const p = parts(at, zone)
  const local = Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day), Number(p.hour), Number(p.minute), Number(p.second))
  const minutes = Math.round((local - Math.floor(at.getTime() / 1000) * 1000) / 60_000)
  const sign = minutes < 0 ? '-' : '+'
  const abs = Math.abs(minutes)
  return `UTC${sign}${String(Math.floor(abs / 60)).padStart(2, '0')}:${String(abs % 60).padStart(2, '0')}`
}

/** The RFC 3339 moment of a wall time such as `2026-11-22 19:05:33` in a zone; undefined when it is none. */
export function parseLocal(text: string, zone: string): string | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text.trim())
  if (!match) return undefined
  const [, y, mo, d, h = '00', mi = '00', s = '00'] = match
  const wanted = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
  if (Number.isNaN(wanted)) return undefined
  let guess = wanted
  for (let i = 0; i < 3; i += 1) {
    const p = parts(new Date(guess), zone)
    const shown = Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day), Number(p.hour), Number(p.minute), Number(p.second))
    if (shown === wanted) break
    guess += wanted - shown
  }
  return new Date(guess).toISOString().replace('.000Z', 'Z')
}

/** `850 ms`, `1.2 s`, `1 m 23 s`, `2 h 05 m`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return ''
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} m ${String(seconds % 60).padStart(2, '0')} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} m`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** Binary units, as the limits are: `64 MiB`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return ''
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 'B'
  for (const next of units) {
    if (value < 1024) break
    value /= 1024
    unit = next
  }
  const text = value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1)
  return `${text} ${unit}`
}

/** `1,234,567`. */
export function formatCount(value: number): string {
  return String(Math.trunc(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** How long ago, in a unit that a sentence can use. */
export function ago(text: string, now: number): { unit: 'now' | 'minutes' | 'hours' | 'days'; count: number } {
  const seconds = Math.max(0, (now - new Date(text).getTime()) / 1000)
  if (seconds < 60) return { unit: 'now', count: 0 }
  if (seconds < 3600) return { unit: 'minutes', count: Math.floor(seconds / 60) }
  if (seconds < 172_800) return { unit: 'hours', count: Math.floor(seconds / 3600) }
  return { unit: 'days', count: Math.floor(seconds / 86_400) }
}

/** The first characters of a digest or an id. */
export function short(text: string | null | undefined, length = 12): string {
  return text ? text.slice(0, length) : ''
}

/** Run ids sort by time, so their ends tell them apart: `run_…3f9a2c`. */
export function shortId(id: string): string {
  const at = id.indexOf('_')
  return at > 0 && id.length > at + 12 ? `${id.slice(0, at + 1)}…${id.slice(-8)}` : id
}
