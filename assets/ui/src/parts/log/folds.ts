// Groups that a script opened with `##[group]`: where they end, how long they took, which are folded.
import { useCallback, useState } from 'react'
import { runs } from '@/api/runs'
import type { LogLine } from '@/api/types'
import type { LogStore } from './store'
import { type Fold, groupTitle, isGroupEnd, toggleFold } from './rows-model'

interface Found {
  end: number
  took?: number
}

export function useFolds(run: string, store: LogStore) {
  const [folds, setFolds] = useState<Fold[]>([])
  const [found, setFound] = useState<ReadonlyMap<number, Found>>(new Map())

  const toggle = useCallback(
    (head: number) => {
      void endOf(run, store, head).then((end) => {
        if (!end) return
        setFound((was) => new Map(was).set(head, end))
        setFolds((was) => toggleFold(was, { head, end: end.end }))
      })
    },
    [run, store],
  )
  const foldOf = (n: number): { open: boolean; took?: number } | undefined => {
    const line = store.line(n)
    if (!line || groupTitle(line.text) === undefined) return undefined
    return { open: !folds.some((fold) => fold.head === n), took: found.get(n)?.took }
  }
  /** Every line between the heading of a step and its end. */
  const stepLines = useCallback(
    async (head: number): Promise<LogLine[]> => {
      const end = await endOf(run, store, head)
      if (!end) return []
      const lines = await store.read(head + 1, end.end)
      return isGroupEnd(lines.at(-1)?.text ?? '') ? lines.slice(0, -1) : lines
    },
    [run, store],
  )
  return { folds, foldOf, toggle, stepLines }
}

async function endOf(run: string, store: LogStore, head: number): Promise<Found | undefined> {
  const start = store.line(head)
  for (let n = head + 1; n <= store.total && n < head + 5_000; n += 1) {
    const line = store.line(n)
    if (!line) break
    const closes = isGroupEnd(line.text)
    if (closes || groupTitle(line.text) !== undefined) {
      return { end: closes ? n : n - 1, took: start ? new Date(line.at).getTime() - new Date(start.at).getTime() : undefined }
    }
  }
  const page = await runs.search(run, { q: '^(##\\[(end)?group\\]|::(end)?group::)', regex: true, from: head + 1, limit: 1 })
  const next = page.hits[0]?.line
  const end = next ?? store.total
  if (end <= head) return undefined
  const [line] = next ? await store.read(next, next) : []
  return { end: line && !isGroupEnd(line.text) ? end - 1 : end, took: line && start ? new Date(line.at).getTime() - new Date(start.at).getTime() : undefined }
}
