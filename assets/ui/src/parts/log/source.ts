// Fills a LogStore: the tail (or the linked line) first, then what comes live.
import { useEffect, useState, useSyncExternalStore } from 'react'
import { applianceTime } from '@/api/http'
import { runs, runUrl } from '@/api/runs'
import type { LogPage } from '@/api/types'
import { BLOCK, LogStore } from './store'

export type Live = 'opening' | 'live' | 'reconnecting' | 'complete'

export function useLog(run: string): { store: LogStore; version: number; live: Live } {
  const [store, setStore] = useState(() => makeStore(run))
  const [live, setLive] = useState<Live>('opening')
  useEffect(() => {
    const mine = makeStore(run)
    setStore(mine)
    setLive('opening')
    let source: EventSource | undefined
    let closed = false
    void runs
      .log(run, { tail: BLOCK })
      .then((page) => {
        if (closed) return
        mine.add(page)
        if (page.sealed) return setLive('complete')
        source = new EventSource(runUrl.logStream(run, page.total + 1))
        source.addEventListener('open', () => setLive('live'))
        source.addEventListener('error', () => setLive((was) => (was === 'complete' ? was : 'reconnecting')))
        source.addEventListener('lines', (event) => {
          const page = JSON.parse((event as MessageEvent<string>).data) as LogPage
          const last = page.lines.at(-1)
          if (last) mine.lagMs = applianceTime().now - Date.parse(last.at)
          mine.add(page)
        })
        source.addEventListener('sealed', () => {
          source?.close()
          mine.seal()
          setLive('complete')
        })
      })
      .catch((cause: unknown) => {
        mine.error = cause
        mine.seal()
      })
    return () => {
      closed = true
      source?.close()
      mine.close()
    }
  }, [run])
  const version = useSyncExternalStore(store.subscribe, store.version)
  return { store, version, live }
}

function makeStore(run: string): LogStore {
  return new LogStore((from, count, signal) => runs.log(run, { from, count }, signal))
}
