// What the appliance refused or could not do, in the reader's language: title by code, particulars, what to do, request id.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { ApiError } from '@/api/http'
import { paths } from '@/paths'
import { currentWords } from '@/text'
import { CopyButton } from '@/ui/copy'
import { Notice } from '@/ui/notice'
import { usePrefs } from '@/hooks/prefs'
import { pieces, wordsOf } from './error-words'
import { ruleText } from './rules'

/** The title of an error code in the language shown. */
export function errorTitle(code: string | null | undefined): string | undefined {
  return code ? currentWords()?.errorTitles[code] : undefined
}

/** The appliance answers in English; its pages about the codes speak both languages. */
function Translated({ code }: { code: string }) {
  const pages = useQuery({ queryKey: ['error-pages', 'zh'], queryFn: async () => (await import('virtual:error-pages-zh')).default, staleTime: Number.POSITIVE_INFINITY, enabled: code.startsWith('EG-') })
  const page = pages.data?.[code]
  if (!page) return null
  const { what, remedy } = wordsOf(page.text)
  return (
    <>
      {[what, remedy].map((sentence) => (
        <div key={sentence}>{pieces(sentence).map((piece) => (piece.code ? <code key={piece.text}>{piece.text}</code> : piece.text))}</div>
      ))}
    </>
  )
}

export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation()
  const { language } = usePrefs()
  if (!(error instanceof ApiError)) {
    return (
      <Notice tone="bad" title={t('errors.unexpected')} live>
        <span lang="en">{error instanceof Error ? error.message : String(error)}</span>
      </Notice>
    )
  }
  const { problem } = error
  const title = errorTitle(problem.code) ?? (error.status === 0 ? t('errors.offline') : problem.title || t('errors.status', { status: error.status }))
  return (
    <Notice
      tone="bad"
      title={title}
      live
      actions={
        onRetry && (
          <Button size="small" onClick={onRetry}>
            {t('common.retry')}
          </Button>
        )
      }
    >
      {language === 'zh' ? (
        <>
          <Translated code={problem.code} />
          {problem.detail && (
            <details className="muted">
              <summary>{t('errors.original')}</summary>
              <span lang="en">
                {problem.detail} {problem.hint}
              </span>
            </details>
          )}
        </>
      ) : (
        <>
          {problem.detail && <div>{problem.detail}</div>}
          {problem.hint && <div>{problem.hint}</div>}
        </>
      )}
      {problem.errors && problem.errors.length > 0 && (
        <ul>
          {problem.errors.map((wrong) => (
            <li key={`${wrong.pointer} ${wrong.rule}`}>
              <code>{wrong.pointer || '/'}</code> {ruleText(t, wrong)}
            </li>
          ))}
        </ul>
      )}
      <div className="row muted">
        {problem.code.startsWith('EG-') && <Link href={paths.errorPage(problem.code)}>{t('errors.what_to_do', { code: problem.code })}</Link>}
        {problem.request_id && (
          <span className="row tight">
            {t('errors.request_id')} <code>{problem.request_id}</code>
            <CopyButton text={problem.request_id} label={t('errors.copy_request_id')} />
          </span>
        )}
      </div>
    </Notice>
  )
}
