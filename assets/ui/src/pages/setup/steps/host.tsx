// What the doctor says of this host.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { system } from '@/api/system'
import { Loaded } from '@/parts/loaded'

export function HostStep({ onBack, onNext }: { onBack: () => void; onNext: () => void }) {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['doctor'], queryFn: system.doctor })
  return (
    <div className="stack wide">
      <p>{t('setup.host_what')}</p>
      <Loaded query={query} rows={6}>
        {(report) => (
          <ul className="checklist">
            {report.checks.map((check) => (
              <li key={check.id}>
                <span className={`tag ${check.state === 'ok' ? 'ok' : check.state === 'warning' ? 'wait' : 'bad'}`}>{t(`doctor_state.${check.state}`)}</span>
                <div className="grow">
                  {t(`doctor.${check.id.replaceAll('.', '_')}`, { defaultValue: check.title })}
                  {check.state !== 'ok' && (
                    <div className="detail" lang="en">
                      {check.detail} {check.remedy}
                    </div>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <div className="row">
        <Button onClick={onBack}>{t('setup.back')}</Button>
        <Button onClick={() => void query.refetch()} loading={query.isFetching}>
          {t('health.again')}
        </Button>
        <Button type="primary" onClick={onNext}>
          {t('setup.next')}
        </Button>
      </div>
    </div>
  )
}
