// From a source to a version: inspect it, look at what was found with a live form, go through the checklist, store or publish.
// Where the source comes from is the matter of the page.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { capabilities } from '@/api/capabilities'
import { forgetDrafts } from '@/forms/register-source'
import { RegisterFinish } from '@/forms/register-finish'
import { useLeaveGuard } from '@/hooks/leave-guard'
import { may, useMe } from '@/hooks/me'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Notice } from '@/ui/notice'
import { Steps } from '@/ui/steps'
import { InspectionView } from './inspection'
import { ProblemNotice } from './problem'
import { useToast } from './toast'

export interface SourceStep {
  file?: File
  busy: boolean
  onInspect: (file: File) => void
}

interface Props {
  /** A new version of this capability. */
  name?: string
  label: string
  first: string
  /** It stays there while later steps are shown: what was typed is not lost on the way back. */
  source: (step: SourceStep) => ReactNode
}

export function RegisterFlow({ name, label, first, source }: Props) {
  const { t } = useTranslation()
  const me = useMe()
  const toast = useToast()
  const queries = useQueryClient()
  const [, navigate] = useLocation()
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
    <>
      <Steps label={label} current={step} steps={[first, t('register.step_review'), t('register.step_publish')]} />
      <div className="stack wide">
        {inspect.error && <ProblemNotice error={inspect.error} />}
        <div hidden={step !== 0}>
          {source({
            file,
            busy: inspect.isPending,
            onInspect: (chosen) => {
              setFile(chosen)
              inspect.mutate(chosen)
            },
          })}
        </div>
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
    </>
  )
}
