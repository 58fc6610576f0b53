// Stores the version, and publishes it when asked to.
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { InspectionReport } from '@/api/types'
import { ProblemNotice } from '@/parts/problem'
import { Facts } from '@/ui/facts'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { COMMENT_DRAFT } from './register-source'

interface Props {
  report: InspectionReport
  canPublish: boolean
  onBack: () => void
  onFinish: (comment: string, publish: boolean) => Promise<void>
}

export function RegisterFinish({ report, canPublish, onBack, onFinish }: Props) {
  const { t } = useTranslation()
  const [comment, setComment] = useState(() => sessionStorage.getItem(COMMENT_DRAFT) ?? '')
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState<'draft' | 'publish'>()
  const write = (next: string) => {
    setComment(next)
    sessionStorage.setItem(COMMENT_DRAFT, next)
  }
  const missing = report.checklist.filter((item) => item.state === 'missing').length
  const finish = async (publish: boolean) => {
    setBusy(publish ? 'publish' : 'draft')
    setError(undefined)
    try {
      await onFinish(comment, publish)
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(undefined)
    }
  }
  return (
    <div className="stack wide" style={{ maxWidth: 640 }}>
      {error !== undefined && <ProblemNotice error={error} />}
      {missing > 0 && <Notice tone="wait">{t('register.missing', { count: missing })}</Notice>}
      <Facts
        items={[
          [t('capabilities.capability'), `${report.manifest.title} (${report.manifest.name})`],
          [t('runs.version'), `v${(report.existing?.latest ?? 0) + (report.existing?.unchanged ? 0 : 1)}`],
          [t('versions.digest'), <code key="d" className="break">{report.digest}</code>],
        ]}
      />
      <Field label={t('common.comment')} help={t('versions.comment_help')}>
        {(id, described) => <Input.TextArea id={id} aria-describedby={described} maxLength={1000} rows={3} value={comment} onChange={(event) => write(event.target.value)} />}
      </Field>
      <div className="row">
        <Button onClick={onBack}>{t('setup.back')}</Button>
        <Button loading={busy === 'draft'} onClick={() => void finish(false)}>
          {t('register.as_draft')}
        </Button>
        <Button type="primary" loading={busy === 'publish'} disabled={!canPublish} title={canPublish ? undefined : t('versions.may_not')} onClick={() => void finish(true)}>
          {t('register.publish')}
        </Button>
      </div>
      {!canPublish && <p className="muted">{t('register.someone_publishes')}</p>}
    </div>
  )
}
