// Find in the log. The server searches, so a log of any size can be searched while it grows.
import { ArrowDownOutlined, ArrowUpOutlined, CloseOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { runs } from '@/api/runs'
import { formatCount } from '@/format'

export interface FindState {
  text: string
  regex: boolean
  exactCase: boolean
}

interface Props {
  run: string
  state: FindState
  live: boolean
  onChange: (state: FindState) => void
  onHit: (line: number | undefined) => void
  onClose: () => void
  /** Where the search begins to look for the first hit. */
  near: () => number
}

export function FindBar({ run, state, live, onChange, onHit, onClose, near }: Props) {
  const { t } = useTranslation()
  const field = useRef<HTMLInputElement>(null)
  const [at, setAt] = useState(-1)
  const asked = useDeferredValue(state)
  const query = useQuery({
    queryKey: ['log-search', run, asked.text, asked.regex, asked.exactCase],
    queryFn: async ({ signal }) => {
      await new Promise((done) => setTimeout(done, 150))
      if (signal.aborted) throw new DOMException('', 'AbortError')
      return runs.searchAll(run, { q: asked.text, regex: asked.regex, case: asked.exactCase }, signal)
    },
    enabled: asked.text !== '',
    placeholderData: (old) => old,
    refetchInterval: live ? 2_000 : false,
    retry: false,
  })
  const hits = state.text === '' ? [] : (query.data?.hits ?? [])
  const go = (next: number) => {
    if (hits.length === 0) return
    const place = (next + hits.length) % hits.length
    setAt(place)
    onHit(hits[place]?.line)
  }
  useEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])
  const key = `${asked.text} ${asked.regex} ${asked.exactCase}`
  const shownFor = useRef('')
  useEffect(() => {
    if (!query.data || query.isPlaceholderData || shownFor.current === key) return
    shownFor.current = key
    const from = near()
    const first = query.data.hits.findIndex((hit) => hit.line >= from)
    const place = query.data.hits.length === 0 ? -1 : Math.max(0, first)
    setAt(place)
    onHit(query.data.hits[place]?.line)
  }, [query.data, query.isPlaceholderData, key, near, onHit])
  const total = query.data?.total ?? 0
  return (
    <div className="log-bar" role="search">
      <input
        ref={field}
        type="text"
        aria-label={t('log.find')}
        placeholder={t('log.find')}
        value={state.text}
        onChange={(event) => onChange({ ...state, text: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') go(at + (event.shiftKey ? -1 : 1))
          if (event.key === 'Escape') onClose()
        }}
      />
      <button type="button" className="icon-button" aria-pressed={state.exactCase} aria-label={t('log.case')} title={t('log.case')} onClick={() => onChange({ ...state, exactCase: !state.exactCase })}>
        Aa
      </button>
      <button type="button" className="icon-button" aria-pressed={state.regex} aria-label={t('log.regex')} title={t('log.regex')} onClick={() => onChange({ ...state, regex: !state.regex })}>
        .*
      </button>
      <span role="status" className="num" style={{ minWidth: 96 }}>
        {state.text === '' ? '' : query.error ? t('log.bad_search') : total === 0 ? (query.isFetching && !query.data ? t('log.searching') : t('log.no_hits')) : t('log.hits', { at: formatCount(at + 1), total: `${formatCount(total)}${query.data?.next ? '+' : ''}` })}
      </span>
      <button type="button" className="icon-button" disabled={hits.length === 0} aria-label={t('log.previous_hit')} onClick={() => go(at - 1)}>
        <ArrowUpOutlined aria-hidden />
      </button>
      <button type="button" className="icon-button" disabled={hits.length === 0} aria-label={t('log.next_hit')} onClick={() => go(at + 1)}>
        <ArrowDownOutlined aria-hidden />
      </button>
      <span className="grow" />
      <button type="button" className="icon-button" aria-label={t('log.close_find')} onClick={onClose}>
        <CloseOutlined aria-hidden />
      </button>
    </div>
  )
}
