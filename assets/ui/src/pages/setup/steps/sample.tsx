// A first capability, registered and published from a sample, ready to run.
import { Button } from 'antd'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { capabilities } from '@/api/capabilities'
import { Late } from '@/parts/late'
import { ProblemNotice } from '@/parts/problem'
import { SAMPLE } from '@/parts/sample'
import { paths } from '@/paths'

const Code = lazy(() => import('@/ui/code'))

export function SampleStep({ onBack, onDone }: { onBack: () => void; onDone: (to: string) => void }) {
  const { t } = useTranslation()
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const take = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const made = await capabilities.register(new File([SAMPLE], 'greeting-report.py', { type: 'text/x-python' }), undefined, t('setup.sample_comment'))
      if (!made.capability.current) await capabilities.publish(made.capability.name, made.version.number, t('setup.sample_comment'))
      onDone(paths.runForm(made.capability.name))
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="stack wide">
      <p>{t('setup.sample_what')}</p>
      {error !== undefined && <ProblemNotice error={error} />}
      <Late rows={8}>
        <div className="editor boxed">
          <Code text={SAMPLE} path="greeting-report.py" label="greeting-report.py" />
        </div>
      </Late>
      <div className="row">
        <Button onClick={onBack}>{t('setup.back')}</Button>
        <Button type="primary" loading={busy} onClick={() => void take()}>
          {t('setup.sample_take')}
        </Button>
        <Button type="link" onClick={() => onDone(paths.register())}>
          {t('setup.own_script')}
        </Button>
        <Button type="text" onClick={() => onDone(paths.home())}>
          {t('setup.skip')}
        </Button>
      </div>
    </div>
  )
}
