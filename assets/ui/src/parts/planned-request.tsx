// The exact request that a run would send first, with credentials masked, and what the checks say of it. Nothing was connected to find it out.
import { CheckCircleOutlined, StopOutlined, WarningOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { PlannedRequest as Planned } from '@/api/types'
import { short } from '@/format'
import { paths } from '@/paths'
import { CopyButton } from '@/ui/copy'
import { Facts } from '@/ui/facts'

export function requestText(planned: Planned): string {
  const lines = [`${planned.method} ${planned.url ?? ''}`, ...planned.headers.map(([name, value]) => `${String(name)}: ${String(value)}`)]
  return planned.body ? `${lines.join('\n')}\n\n${planned.body}` : lines.join('\n')
}

export function PlannedRequest({ planned }: { planned: Planned }) {
  const { t } = useTranslation()
  // Without an address no request could be made of the inputs: the whitelist was not asked.
  const [tone, Icon, word] = !planned.url ? (['wait', WarningOutlined, 'incomplete'] as const) : !planned.permitted ? (['bad', StopOutlined, 'not_permitted'] as const) : planned.problem ? (['bad', StopOutlined, 'not_possible'] as const) : (['ok', CheckCircleOutlined, 'permitted'] as const)
  return (
    <div className="stack" data-planned>
      <h3>{t('request.would_send')}</h3>
      <div className={`notice ${tone}`}>
        <Icon aria-hidden />
        <div className="body">
          <div className="what">{t(`request.${word}`)}</div>
          {planned.problem && (
            <div lang="en" className="break">
              {planned.problem}
            </div>
          )}
          <div className="muted">{t('request.nothing_connected')}</div>
        </div>
      </div>
      {planned.url && (
        <div className="row" style={{ alignItems: 'start', flexWrap: 'nowrap' }}>
          <pre className="code-block grow" tabIndex={0} role="region" aria-label={t('request.would_send')}>
            {requestText(planned)}
          </pre>
          <CopyButton text={requestText(planned)} label={t('request.copy')} />
        </div>
      )}
      <Facts
        items={[
          [t('subject.resource'), <Link key="r" href={paths.resource(planned.resource)}>{planned.resource}</Link>],
          [t('resource.hosts'), planned.hosts.join(', ')],
          planned.digest && [t('resource.digest'), <code key="d" title={planned.digest}>{short(planned.digest)}</code>],
        ]}
      />
    </div>
  )
}
