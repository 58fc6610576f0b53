// The formatter bound to the chosen zone, and a clock for what is running.
import { useMemo, useSyncExternalStore } from 'react'
import { formatClock, formatTime, zoneOffset } from '@/format'
import { usePrefs } from './prefs'

export function useTime() {
  const { zone } = usePrefs()
  return useMemo(
    () => ({
      zone,
      offset: zoneOffset(zone, new Date()),
      time: (text: string | null | undefined) => formatTime(text, zone),
      clock: (text: string) => formatClock(text, zone),
    }),
    [zone],
  )
}

let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const watchers = new Set<() => void>()

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of watchers) each()
  }, 1000)
  return () => {
    watchers.delete(watcher)
    if (watchers.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

const still = () => () => {}

/** Now, once a second while `ticking`. */
export function useNow(ticking = true): number {
  return useSyncExternalStore(ticking ? watch : still, () => now)
}
