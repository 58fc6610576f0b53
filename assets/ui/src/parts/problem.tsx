// What the appliance refused or could not do, in the reader's language: title by code, particulars, what to do, request id.
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { ApiError } from '@/api/http'
import { paths } from '@/paths'
import { currentWords } from '@/text'
import { CopyButton } from '@/ui/copy'
import { Notice } from '@/ui/notice'
import { usePrefs } from '@/hooks/prefs'
import { ruleText } from './rules'

/** The title of an error code in the language shown. */
export function errorTitle(code: string | null | undefined): string | undefined {
  return code ? currentWords()?.errorTitles[code] : undefined
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
      {problem.detail && <div lang={language === 'zh' ? 'en' : undefined}>{problem.detail}</div>}
      {problem.hint && <div lang={language === 'zh' ? 'en' : undefined}>{problem.hint}</div>}
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
