// Server-sent events that stop with the component. The browser reconnects by itself and sends the last event id.
import { useEffect, useEffectEvent } from 'react'

export function useStream(url: string | undefined, event: string, onData: (data: unknown) => void, onState?: (open: boolean) => void): void {
  const data = useEffectEvent(onData)
  const state = useEffectEvent((open: boolean) => onState?.(open))
  useEffect(() => {
    if (!url) return
    const source = new EventSource(url)
    source.addEventListener(event, (message) => data(JSON.parse((message as MessageEvent<string>).data)))
    source.addEventListener('open', () => state(true))
    source.addEventListener('error', () => state(false))
    return () => source.close()
  }, [url, event])
}
