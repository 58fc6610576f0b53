// Where the logs of two runs differ: line by line, without colours and times, which always differ.
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { runs } from '@/api/runs'
import { formatCount } from '@/format'
import { Card } from '@/ui/card'
import { unifiedDiff } from './line-diff'
import { Loaded } from './loaded'
import { plain } from './log/ansi'
import { Unified } from './unified'

const MOST_LINES = 20_000
const PAGE = 10_000

async function readLog(run: string, signal: AbortSignal): Promise<{ lines: string[]; total: number }> {
  const lines: string[] = []
  for (;;) {
    const page = await runs.log(run, { from: lines.length + 1, count: PAGE }, signal)
    lines.push(...page.lines.map((line) => plain(line.text)))
    if (page.lines.length === 0 || lines.length >= Math.min(page.total, MOST_LINES)) return { lines, total: page.total }
  }
}

export default function LogDiff({ left, right }: { left: string; right: string }) {
  const { t } = useTranslation()
  const query = useQuery({
    queryKey: ['log-diff', left, right],
    queryFn: async ({ signal }) => Promise.all([readLog(left, signal), readLog(right, signal)]),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  return (
    <Card title={t('compare.log')} flush>
      <Loaded query={query}>{([a, b]) => <Body a={a} b={b} />}</Loaded>
    </Card>
  )
}

function Body({ a, b }: { a: { lines: string[]; total: number }; b: { lines: string[]; total: number } }) {
  const { t } = useTranslation()
  const text = useMemo(() => unifiedDiff(a.lines, b.lines), [a, b])
  return (
    <>
      {Math.max(a.total, b.total) > MOST_LINES && <p className="card-body muted">{t('compare.log_first', { n: formatCount(MOST_LINES) })}</p>}
      {text === undefined ? (
        <p className="card-body muted">{t('compare.log_far')}</p>
      ) : text === '' ? (
        <p className="card-body muted">{t('compare.log_same', { count: a.lines.length, n: formatCount(a.lines.length) })}</p>
      ) : (
        <Unified text={text} label={t('compare.log')} />
      )}
    </>
  )
}
