// The log of a run: any size, live, searchable, foldable, linkable.
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import '@/styles/log.css'
import { formatClock, formatCount, formatDuration } from '@/format'
import { usePrefs } from '@/hooks/prefs'
import { ProblemNotice } from '@/parts/problem'
import { isTyping } from '@/ui/typing'
import { FindBar, type FindState } from './find-bar'
import { useChosenLines } from './filter'
import { useFolds } from './folds'
import { Line } from './line'
import { chosenRows, foldedRows, formatMark, parseMark, pattern, WINDOW } from './rows-model'
import { useLog } from './source'
import { type Stamps, Toolbar, type View } from './toolbar'

const ROW = 18
const VIEW: View = { stamps: 'off', wrap: false, only: 'all', full: false, find: false }

export default function LogViewer({ run, startedAt }: { run: string; startedAt?: string | null }) {
  const { t } = useTranslation()
  const { zone } = usePrefs()
  const { store, version, live } = useLog(run)
  const [view, setView] = useState(VIEW)
  const [find, setFind] = useState<FindState>({ text: '', regex: false, exactCase: false })
  const [hit, setHit] = useState<number>()
  const [mark, setMark] = useState(() => parseMark(window.location.hash))
  const [following, setFollowing] = useState(!mark)
  const [seen, setSeen] = useState(0)
  const [base, setBase] = useState(0)
  const scroller = useRef<HTMLDivElement>(null)
  const goal = useRef<{ line: number; left: number } | undefined>(mark ? { line: mark.from, left: 3 } : undefined)
  const { folds, foldOf, toggle, stepLines } = useFolds(run, store)
  const chosen = useChosenLines(run, store, view.only)

  const last = Math.min(store.total, base + WINDOW)
  const rows = useMemo(() => (chosen.lines ? chosenRows(chosen.lines) : foldedRows(base, last, folds)), [chosen.lines, base, last, folds])
  const virtual = useVirtualizer({ count: rows.count, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 12 })
  const items = virtual.getVirtualItems()

  // The rows on screen, and the ones just beyond, are asked for.
  const firstLine = items[0] ? rows.line(items[0].index) : 0
  const lastLine = items.at(-1) ? rows.line(items.at(-1)?.index ?? 0) : 0
  useEffect(() => {
    if (firstLine > 0) store.want(firstLine, lastLine)
  }, [store, firstLine, lastLine, version])

  const show = useCallback(
    (line: number) => {
      setFollowing(false)
      goal.current = { line, left: 3 }
      setBase((was) => (line > was && line <= was + WINDOW ? was : Math.max(0, line - WINDOW / 2)))
      virtual.scrollToIndex(rows.row(line), { align: 'center' })
    },
    [rows, virtual],
  )
  // A deep link is reached when its lines are known.
  useEffect(() => {
    const wanted = goal.current
    if (!wanted || store.total === 0) return
    if (wanted.line > last && store.total > last) setBase(Math.max(0, wanted.line - WINDOW / 2))
    virtual.scrollToIndex(rows.row(Math.min(wanted.line, store.total)), { align: 'center' })
    wanted.left -= 1
    if (wanted.left <= 0 || store.sealed) goal.current = undefined
  }, [version, rows, virtual, store, last])
  // Following keeps the end in view.
  useEffect(() => {
    if (!following || rows.count === 0) return
    if (!chosen.lines && store.total > base + WINDOW) setBase(store.total - WINDOW / 2)
    setSeen(store.total)
    virtual.scrollToIndex(rows.count - 1, { align: 'end' })
  }, [following, rows, virtual, store.total, base, chosen.lines, view.wrap])

  const end = () => {
    setMark(undefined)
    goal.current = undefined
    setFollowing(true)
  }
  const onScroll = () => {
    const box = scroller.current
    if (!box) return
    const bottom = box.scrollHeight - box.scrollTop - box.clientHeight < ROW * 1.5
    if (bottom && !following && !goal.current && last === store.total) setFollowing(true)
  }
  const stop = () => {
    if (!following) return
    setFollowing(false)
    setSeen(store.total)
  }
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f') {
      event.preventDefault()
      setView((was) => ({ ...was, find: true }))
      document.querySelector<HTMLInputElement>('.log [role=search] input')?.focus()
      return
    }
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'f') (following ? stop : end)()
    if (event.key === 'Escape' && view.full) setView({ ...view, full: false })
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event)
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])

  const onMark = useCallback((n: number, extend: boolean) => {
    setMark((was) => {
      const next = extend && was ? { from: Math.min(was.from, n), to: Math.max(was.to, n) } : { from: n, to: n }
      window.history.replaceState(window.history.state, '', `${window.location.pathname}${window.location.search}${formatMark(next)}`)
      return next
    })
    setFollowing(false)
  }, [])
  const expression = useMemo(() => (view.find ? pattern(find.text, find.regex, find.exactCase) : undefined), [view.find, find])
  const origin = startedAt ? new Date(startedAt).getTime() : undefined
  const fresh = Math.max(0, store.total - seen)
  return (
    <div className={view.full ? 'log full' : 'log'}>
      <Toolbar run={run} view={view} onView={setView} live={live} store={store} mark={mark} following={following} onFollow={() => (following ? stop() : end())} filter={chosen} />
      {view.find && (
        <FindBar run={run} state={find} live={live === 'live'} onChange={setFind} onHit={(line) => { setHit(line); if (line) show(line) }} onClose={() => setView({ ...view, find: false })} near={() => firstLine} />
      )}
      {store.error !== undefined && <ProblemNotice error={store.error} />}
      <div className="log-body">
        <div
          ref={scroller}
          className="log-rows"
          tabIndex={0}
          role="region"
          aria-label={t('log.title')}
          onScroll={onScroll}
          onWheel={(event) => event.deltaY < 0 && stop()}
          onTouchMove={stop}
          onKeyDown={(event) => {
            if (['ArrowUp', 'PageUp'].includes(event.key)) stop()
            if (event.key === 'End') end()
            if (event.key === 'Home') {
              event.preventDefault()
              show(1)
            }
          }}
          onPointerDown={(event) => event.target === scroller.current && stop()}
        >
          {base > 0 && !chosen.lines && (
            <button type="button" className="log-more" onClick={() => { setFollowing(false); setBase(Math.max(0, base - WINDOW / 2)) }}>
              {t('log.earlier', { n: formatCount(base) })}
            </button>
          )}
          {rows.count === 0 ? (
            <p className="log-empty">{t(live === 'opening' ? 'common.loading' : chosen.lines ? 'log.none_match' : live === 'complete' ? 'log.nothing_written' : 'log.nothing_yet')}</p>
          ) : (
            <div className={view.wrap ? 'log-space wrap' : 'log-space'} style={{ height: virtual.getTotalSize() }}>
              {items.map((item) => {
                const n = rows.line(item.index)
                const line = store.line(n)
                const fold = foldOf(n)
                return (
                  <div key={n} data-index={item.index} ref={view.wrap ? virtual.measureElement : undefined} style={{ position: 'absolute', top: 0, left: 0, minWidth: '100%', width: view.wrap ? '100%' : undefined, transform: `translateY(${item.start}px)` }}>
                    <Line
                      n={n}
                      line={line}
                      at={line ? stamp(view.stamps, line.at, zone, origin) : ''}
                      marked={mark !== undefined && n >= mark.from && n <= mark.to}
                      find={expression}
                      current={n === hit}
                      fold={fold ? { open: fold.open, took: fold.took === undefined ? '' : formatDuration(fold.took) } : undefined}
                      onMark={onMark}
                      onFold={toggle}
                      run={run}
                      stepLines={stepLines}
                    />
                  </div>
                )
              })}
            </div>
          )}
          {last < store.total && !chosen.lines && (
            <button type="button" className="log-more" onClick={() => { setFollowing(false); setBase(base + WINDOW / 2) }}>
              {t('log.later', { n: formatCount(store.total - last) })}
            </button>
          )}
        </div>
        {!following && live !== 'complete' && (
          <button type="button" className="log-jump log-more" style={{ padding: '4px 10px' }} onClick={end}>
            {t('log.jump', { count: fresh, n: formatCount(fresh) })}
          </button>
        )}
      </div>
    </div>
  )
}

function stamp(kind: Stamps, at: string, zone: string, origin: number | undefined): string {
  if (kind === 'off') return ''
  if (kind === 'time' || origin === undefined) return formatClock(at, zone)
  return `+${((new Date(at).getTime() - origin) / 1000).toFixed(3)}`
}
