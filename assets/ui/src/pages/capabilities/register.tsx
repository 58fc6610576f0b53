// A script becomes a capability: upload or paste, see what was inferred with a live form, go through the checklist, publish.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { capabilities } from '@/api/capabilities'
import { useLeaveGuard } from '@/hooks/leave-guard'
import { may, useMe } from '@/hooks/me'
import { useUrlState } from '@/hooks/url-state'
import { HelpLink } from '@/parts/help-link'
import { InspectionView } from '@/parts/inspection'
import { ProblemNotice } from '@/parts/problem'
import { useToast } from '@/parts/toast'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'
import { Steps } from '@/ui/steps'
import { forgetDrafts, RegisterSource } from '@/forms/register-source'
import { RegisterFinish } from '@/forms/register-finish'

export default function Register() {
  const { t } = useTranslation()
  const me = useMe()
  const toast = useToast()
  const queries = useQueryClient()
  const [, navigate] = useLocation()
  const [{ name }] = useUrlState()
  const [file, setFile] = useState<File>()
  const [step, setStep] = useState(0)
  const leave = useLeaveGuard(file !== undefined)
  const inspect = useMutation({
    mutationFn: (chosen: File) => capabilities.inspect(chosen, name),
    onSuccess: () => setStep(1),
  })
  const report = inspect.data
  const finish = async (comment: string, publish: boolean) => {
    if (!file) return
    const made = await capabilities.register(file, name ?? report?.manifest.name, comment.trim() || undefined)
    void queries.invalidateQueries({ queryKey: ['capabilities'] })
    void queries.invalidateQueries({ queryKey: ['capability', made.capability.name] })
    leave.allow()
    forgetDrafts()
    if (publish) await capabilities.publish(made.capability.name, made.version.number, comment.trim() || undefined)
    toast.done(t(made.created ? 'register.done' : 'register.unchanged', { name: made.capability.title, n: made.version.number }))
    navigate(publish ? paths.capability(made.capability.name) : paths.version(made.capability.name, made.version.number))
  }
  return (
    <Page
      title={name ? t('register.new_version_of', { name }) : t('register.title')}
      crumbs={[{ to: paths.capabilities(), text: t('nav.capabilities') }, ...(name ? [{ to: paths.capability(name), text: name }] : [])]}
      meta={<HelpLink page="tutorials/first-capability" />}
    >
      <Steps label={t('register.title')} current={step} steps={[t('register.step_source'), t('register.step_review'), t('register.step_publish')]} />
      <div className="stack wide">
        {inspect.error && <ProblemNotice error={inspect.error} />}
        {step === 0 && (
          <RegisterSource
            file={file}
            busy={inspect.isPending}
            onInspect={(chosen) => {
              setFile(chosen)
              inspect.mutate(chosen)
            }}
          />
        )}
        {step === 1 && report && (
          <>
            {report.existing?.unchanged && <Notice tone="wait">{t('register.same', { n: report.existing.latest })}</Notice>}
            <InspectionView report={report} />
            <div className="row">
              <Button onClick={() => setStep(0)}>{t('setup.back')}</Button>
              <Button type="primary" onClick={() => setStep(2)}>
                {t('register.looks_right')}
              </Button>
            </div>
          </>
        )}
        {step === 2 && report && (
          <Card title={t('register.step_publish')}>
            <RegisterFinish report={report} canPublish={me?.mode === 'solo' && may(me, 'capability.publish')} onBack={() => setStep(1)} onFinish={finish} />
          </Card>
        )}
      </div>
    </Page>
  )
}
