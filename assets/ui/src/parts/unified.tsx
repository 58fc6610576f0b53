// A unified diff as text with marked lines; where the reader may remark on lines, each has a button, and remarks stand below theirs.
import { CommentOutlined } from '@ant-design/icons'
import { type ReactNode, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { unifiedLines } from './unified-lines'

export interface LineNotes {
  /** What stands below a line. */
  below: (line: number) => ReactNode
  onRemark?: (line: number) => void
}

export function Unified({ text, label, notes }: { text: string; label: string; notes?: LineNotes }) {
  const { t } = useTranslation()
  const lines = useMemo(() => unifiedLines(text), [text])
  return (
    <div className="code-block" style={{ border: 0, borderRadius: 0 }} tabIndex={0} role="region" aria-label={label}>
      {lines.map((one, i) => (
        <div key={i}>
          <span className={`diff-line ${one.kind}`}>
            {notes?.onRemark &&
              (one.line === undefined ? (
                <span className="line-remark" />
              ) : (
                // The mouse has a button at each line; the keyboard has the form above, which takes any line.
                <button type="button" className="line-remark" tabIndex={-1} aria-label={t('versions.remark_at', { line: one.line, path: label })} title={t('versions.remark_at', { line: one.line, path: label })} onClick={() => notes.onRemark?.(one.line as number)}>
                  <CommentOutlined aria-hidden />
                </button>
              ))}
            {one.text}
          </span>
          {one.line !== undefined && notes?.below(one.line)}
        </div>
      ))}
    </div>
  )
}
