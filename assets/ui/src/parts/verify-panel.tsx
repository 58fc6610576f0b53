// Verifies the whole audit log on the appliance and shows the verdict with its signed statement.
import { SafetyCertificateOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { type AuditProgress, audit } from '@/api/audit'
import { formatCount, formatDuration } from '@/format'
import { useNow } from '@/hooks/time'
import { Elapsed } from '@/parts/elapsed'
import { paths } from '@/paths'
import { saveText } from '@/ui/download'
import { Facts } from '@/ui/facts'
import { Notice } from '@/ui/notice'
import { ProblemNotice } from './problem'

export function VerifyPanel() {
  const { t } = useTranslation()
  const [progress, setProgress] = useState<AuditProgress>()
  const verify = useMutation({ mutationFn: () => audit.verify(setProgress), onMutate: () => setProgress(undefined) })
  const verdict = verify.data
  return (
    <div className="stack">
      <div className="row">
        <Button type="primary" icon={<SafetyCertificateOutlined aria-hidden />} loading={verify.isPending} onClick={() => verify.mutate()}>
          {t('audit.verify')}
        </Button>
        <span className="muted" role="status">
          {verify.isPending ? t('audit.verifying') : verdict ? '' : t('audit.verify_what')}
        </span>
        {verify.isPending && <Elapsed since={new Date(verify.submittedAt).toISOString()} />}
      </div>
      {verify.isPending && progress && progress.of > 0 && <Bar progress={progress} since={verify.submittedAt} />}
      {verify.error && <ProblemNotice error={verify.error} onRetry={() => verify.mutate()} />}
      {verdict && !verify.isPending && (
        <Notice
          tone={verdict.ok ? 'ok' : 'bad'}
          live
          title={verdict.ok ? t('audit.good', { count: verdict.entries, n: formatCount(verdict.entries) }) : t('audit.bad', { index: verdict.first_bad ?? '?' })}
          actions={
            verdict.statement ? (
              <Button size="small" onClick={() => saveText('audit-verdict.json', JSON.stringify(verdict.statement, null, 2), 'application/json')}>
                {t('audit.statement')}
              </Button>
            ) : undefined
          }
        >
          {verdict.problem && <p lang="en">{verdict.problem}</p>}
          {verdict.first_bad !== null && verdict.first_bad !== undefined && <Link href={paths.auditEntry(verdict.first_bad)}>{t('audit.open', { index: verdict.first_bad })}</Link>}
          <Facts
            items={[
              [t('audit.root'), <code key="r" className="break">{verdict.root_hash}</code>],
              [t('audit.key'), <code key="k" className="break">{verdict.key}</code>],
              [t('runs.wall'), formatDuration(verdict.duration_ms)],
            ]}
          />
        </Notice>
      )}
    </div>
  )
}

function Bar({ progress, since }: { progress: AuditProgress; since: number }) {
  const { t } = useTranslation()
  const share = Math.min(1, progress.checked / progress.of)
  const spent = (useNow() - since) / 1000
  return (
    <div className="row">
      <div className="bar grow" role="progressbar" aria-label={t('audit.verifying')} aria-valuenow={Math.round(share * 100)} aria-valuemin={0} aria-valuemax={100}>
        <span style={{ width: `${share * 100}%` }} />
      </div>
      <span className="num">{t('audit.checked', { n: formatCount(progress.checked), of: formatCount(progress.of) })}</span>
      {spent > 1 && progress.checked > 0 && <span className="muted num">{t('audit.rate', { n: formatCount(Math.round(progress.checked / spent)) })}</span>}
    </div>
  )
}
