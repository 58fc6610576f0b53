// Only some lines: what went to standard error, or what reads like a warning or an error.
import { useEffect, useState } from 'react'
import { runs } from '@/api/runs'
import type { LogStore } from './store'

export type Only = 'all' | 'stderr' | 'problems'

/** Lines of one stream are picked here, so a log beyond this is not picked through. */
export const MOST = 200_000
const PROBLEMS = '\\b(error|fatal|exception|traceback|fail(ed|ure)?|warn(ing)?|critical)\\b|错误|失败|警告'

export interface Chosen {
  lines?: number[]
  busy: boolean
  tooLong: boolean
}

export function useChosenLines(run: string, store: LogStore, only: Only): Chosen {
  const [chosen, setChosen] = useState<Chosen>({ busy: false, tooLong: false })
  const tooLong = store.total > MOST
  // A live log is picked through again as it grows, a thousand lines at a time.
  const size = only === 'all' ? 0 : store.sealed ? store.total : Math.ceil(store.total / 1_000) * 1_000
  useEffect(() => {
    if (only === 'all') return setChosen({ busy: false, tooLong: false })
    let wanted = true
    setChosen((was) => ({ ...was, busy: true }))
    const pick = async () => {
      if (only === 'problems') {
        const page = await runs.searchAll(run, { q: PROBLEMS, regex: true })
        return [...new Set(page.hits.map((hit) => hit.line))]
      }
      const lines = await store.read(1, Math.min(store.total, MOST))
      return lines.filter((line) => line.stream === 'stderr').map((line) => line.n)
    }
    pick()
      .then((lines) => wanted && setChosen({ lines, busy: false, tooLong: false }))
      .catch(() => wanted && setChosen({ busy: false, tooLong: false }))
    return () => {
      wanted = false
    }
  }, [run, store, only, size])
  return { ...chosen, tooLong }
}
