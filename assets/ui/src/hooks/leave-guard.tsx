// Asks before unsaved work is left behind, by a link here or by closing the window.
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

export function useLeaveGuard(dirty: boolean): { allow: () => void } {
  const { t } = useTranslation()
  const allowed = useRef(false)
  useEffect(() => {
    if (!dirty) return
    const unload = (event: BeforeUnloadEvent) => {
      if (!allowed.current) event.preventDefault()
    }
    const click = (event: MouseEvent) => {
      const link = (event.target as Element | null)?.closest?.('a[href]')
      if (!link || allowed.current || event.defaultPrevented || event.ctrlKey || event.metaKey || link.getAttribute('href')?.startsWith('#') || link.hasAttribute('download')) return
      if (!window.confirm(t('form.leave'))) {
        event.preventDefault()
        event.stopPropagation()
      }
    }
    window.addEventListener('beforeunload', unload)
    window.addEventListener('click', click, true)
    return () => {
      window.removeEventListener('beforeunload', unload)
      window.removeEventListener('click', click, true)
    }
  }, [dirty, t])
  return {
    allow: () => {
      allowed.current = true
    },
  }
}
