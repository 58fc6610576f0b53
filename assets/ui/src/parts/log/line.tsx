// One line of a log. Output is data: it becomes text nodes, never markup.
import { DownOutlined, RightOutlined } from '@ant-design/icons'
import { memo, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { LogLine } from '@/api/types'
import { type Piece, tokenize } from './ansi'
import { groupTitle, isGroupEnd } from './rows-model'
import { StepMenu } from './step-menu'

const CUT = 4096

interface Props {
  n: number
  line: LogLine | undefined
  at: string
  marked: boolean
  find: RegExp | undefined
  /** This line holds the hit that is looked at. */
  current: boolean
  fold?: { open: boolean; took: string }
  onMark: (n: number, extend: boolean) => void
  onFold: (n: number) => void
  run: string
  stepLines: (head: number) => Promise<LogLine[]>
}

export const Line = memo(function Line({ n, line, at, marked, find, current, fold, onMark, onFold, run, stepLines }: Props) {
  const { t } = useTranslation()
  const [whole, setWhole] = useState(false)
  const title = line ? groupTitle(line.text) : undefined
  const text = title ?? (line && isGroupEnd(line.text) ? '' : (line?.text ?? ''))
  const long = text.length > CUT && !whole
  const pieces = tokenize(long ? text.slice(0, CUT) : text)
  return (
    <div className={`log-line ${line?.stream ?? ''} ${marked ? 'marked' : ''} ${title !== undefined ? 'head' : ''}`}>
      <button type="button" tabIndex={-1} className="n" aria-label={t('log.line', { n })} onClick={(event) => onMark(n, event.shiftKey)}>
        {n}
      </button>
      {at && <span className="at">{at}</span>}
      {title !== undefined && (
        <button type="button" className="group" aria-expanded={fold?.open ?? true} aria-label={t((fold?.open ?? true) ? 'log.fold' : 'log.unfold', { title })} onClick={() => onFold(n)}>
          {(fold?.open ?? true) ? <DownOutlined aria-hidden /> : <RightOutlined aria-hidden />}
        </button>
      )}
      <span className="text">
        {line ? pieces.map((piece, i) => <PieceText key={i} piece={piece} find={find} current={current} />) : ' '}
        {long && (
          <button type="button" className="log-more" onClick={() => setWhole(true)}>
            {t('log.show_all', { count: text.length })}
          </button>
        )}
        {line?.truncated && <span className="log-end"> {t('log.cut')}</span>}
        {fold?.took && <span className="took">{fold.took}</span>}
        {title !== undefined && <StepMenu run={run} title={title} read={() => stepLines(n)} />}
      </span>
    </div>
  )
})

function PieceText({ piece, find, current }: { piece: Piece; find: RegExp | undefined; current: boolean }) {
  const inner = find ? highlight(piece.text, find, current) : piece.text
  if (!piece.color && !piece.background && !piece.bold && !piece.italic && !piece.underline && !piece.dim) return <>{inner}</>
  return (
    <span
      style={{
        color: piece.color,
        backgroundColor: piece.background,
        fontWeight: piece.bold ? 600 : undefined,
        fontStyle: piece.italic ? 'italic' : undefined,
        textDecoration: piece.underline ? 'underline' : undefined,
      }}
    >
      {inner}
    </span>
  )
}

function highlight(text: string, find: RegExp, current: boolean): ReactNode[] {
  const out: ReactNode[] = []
  let from = 0
  find.lastIndex = 0
  for (const match of text.matchAll(find)) {
    if (match[0] === '') continue
    out.push(text.slice(from, match.index))
    out.push(
      <mark key={match.index} className={current ? 'now' : undefined}>
        {match[0]}
      </mark>,
    )
    from = match.index + match[0].length
  }
  out.push(text.slice(from))
  return out
}
