// Sends the declared reading request of a version and shows what came of it.
import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { capabilities } from '@/api/capabilities'
import { paths } from '@/paths'
import { Notice } from '@/ui/notice'
import { errorTitle, ProblemNotice } from './problem'

export function HttpVerify({ name, version, request, allowed }: { name: string; version: number; request: string; allowed: boolean }) {
  const { t } = useTranslation()
  const verify = useMutation({ mutationFn: () => capabilities.verify(name, version) })
  const found = verify.data
  return (
    <div className="stack">
      <span className="row">
        <code className="break">{request}</code>
        <Button size="small" loading={verify.isPending} disabled={!allowed} title={allowed ? undefined : t('capabilities.may_not_run')} onClick={() => verify.mutate()}>
          {t('request.verify')}
        </Button>
      </span>
      {verify.error && <ProblemNotice error={verify.error} />}
      {found && (
        <Notice tone={found.good ? 'ok' : 'bad'} title={t(found.good ? 'request.verified' : 'request.not_verified', { ms: found.duration_ms })} live>
          {found.code && (
            <div>
              {errorTitle(found.code)} <Link href={paths.errorPage(found.code)}>{t('errors.what_to_do', { code: found.code })}</Link>
            </div>
          )}
          {found.detail && (
            <div lang="en" className="muted break">
              {found.detail}
            </div>
          )}
          {found.lines.map((line, at) => (
            <div key={`${at} ${line}`}>
              <code className="break">{line}</code>
            </div>
          ))}
        </Notice>
      )}
    </div>
  )
}
