// The keys that work on every page.
import { useEffect, useEffectEvent } from 'react'
import { paths } from '@/paths'
import { isTyping } from '@/ui/typing'

const GO: Record<string, string> = { h: paths.home(), c: paths.capabilities(), r: paths.runs(), a: paths.approvals(), l: paths.audit(), n: paths.register(), s: paths.health(), u: paths.users() }

export function useShortcuts(act: { palette: () => void; keys: () => void; go: (path: string) => void }): void {
  const press = useEffectEvent((event: KeyboardEvent, leading: { at: number }) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      act.palette()
      return
    }
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '?') act.keys()
    else if (event.key === '/') {
      const search = document.querySelector<HTMLInputElement>('main input[type="search"], main .search input')
      event.preventDefault()
      if (search) search.focus()
      else act.palette()
    } else if (event.key === 'g') leading.at = event.timeStamp
    else if (event.timeStamp - leading.at < 1200 && GO[event.key]) {
      leading.at = 0
      event.preventDefault()
      act.go(GO[event.key] as string)
    }
  })
  useEffect(() => {
    const leading = { at: -10_000 }
    const listen = (event: KeyboardEvent) => press(event, leading)
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}
