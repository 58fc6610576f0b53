// What a person chose for this browser: kept locally so that it works before sign-in.
import { useSyncExternalStore } from 'react'
import { hostZone, isZone } from '@/format'

export interface Prefs {
  theme: 'system' | 'light' | 'dark'
  language: 'en' | 'zh'
  zone: string
  density: 'compact' | 'comfortable'
}

const KEY = 'execgov.prefs'
const dark = window.matchMedia('(prefers-color-scheme: dark)')

function read(): Prefs {
  const fallback: Prefs = { theme: 'system', language: navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en', zone: hostZone(), density: 'compact' }
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Prefs>
    const prefs = { ...fallback, ...stored }
    return isZone(prefs.zone) ? prefs : { ...prefs, zone: fallback.zone }
  } catch {
    return fallback
  }
}

let current = read()
const listeners = new Set<() => void>()

export function getPrefs(): Prefs {
  return current
}

export function setPrefs(change: Partial<Prefs>): void {
  current = { ...current, ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
  show()
}

/** What was chosen in one tab holds in the others at once. */
window.addEventListener('storage', (event) => {
  if (event.key !== KEY) return
  current = read()
  show()
})

function show() {
  applyPrefs()
  for (const listener of listeners) listener()
}

/** Puts the choice on the document, where the style sheets look for it. */
export function applyPrefs(): void {
  const root = document.documentElement
  root.dataset.theme = isDark() ? 'dark' : 'light'
  root.dataset.density = current.density
}

export function isDark(): boolean {
  return current.theme === 'dark' || (current.theme === 'system' && dark.matches)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

dark.addEventListener('change', () => {
  // A new object, so that whoever looks at the theme looks again.
  current = { ...current }
  show()
})

export function usePrefs(): Prefs {
  return useSyncExternalStore(subscribe, getPrefs)
}

/** A browser that nobody has set up yet takes over what the account says. */
export function adoptPrefs(kept: { language?: string; theme?: Prefs['theme']; time_zone?: string; density?: Prefs['density'] }): void {
  if (localStorage.getItem(KEY)) return
  setPrefs({
    ...(kept.language ? { language: kept.language.startsWith('zh') ? 'zh' : 'en' } : {}),
    ...(kept.theme ? { theme: kept.theme } : {}),
    ...(kept.time_zone && isZone(kept.time_zone) ? { zone: kept.time_zone } : {}),
    ...(kept.density ? { density: kept.density } : {}),
  })
}
