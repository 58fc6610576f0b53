// How the appliance is: doctor, versions, interpreters, backup.
import { CheckCircleOutlined, CloseCircleOutlined, WarningOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { system } from '@/api/system'
import type { DoctorCheck } from '@/api/types'
import { formatDuration } from '@/format'
import { may, mayAny, useMe } from '@/hooks/me'
import { usePrefs } from '@/hooks/prefs'
import { Backups } from '@/parts/backups'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Time, ZoneNote } from '@/parts/time'
import { VaultReminder } from '@/parts/vault-state'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { DataTable } from '@/ui/data-table'
import { Facts } from '@/ui/facts'
import { Page } from '@/ui/page'

const ORDER = { failed: 0, warning: 1, ok: 2 }

export default function Health() {
  const { t } = useTranslation()
  const me = useMe()
  const doctor = useQuery({ queryKey: ['doctor'], queryFn: system.doctor })
  const info = useQuery({ queryKey: ['system'], queryFn: system.info, refetchInterval: 10_000, enabled: may(me, 'system.view') })
  const runtimes = useQuery({ queryKey: ['runtimes'], queryFn: system.runtimes, enabled: may(me, 'runtime.view') })
  return (
    <Page
      title={t('nav.health')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="how-to/read-the-doctor" />
        </>
      }
      actions={
        <Button type="primary" loading={doctor.isFetching} onClick={() => void doctor.refetch()}>
          {t('health.again')}
        </Button>
      }
    >
      <div className="two-columns">
        <div className="stack wide">
          <VaultReminder />
          <Card title={t('health.doctor')} flush>
            <Loaded query={doctor} rows={8}>
              {(report) => (
                <table className="table">
                  <tbody>
                    {[...report.checks]
                      .sort((a, b) => ORDER[a.state] - ORDER[b.state])
                      .map((check) => (
                        <CheckRow key={check.id} check={check} />
                      ))}
                  </tbody>
                </table>
              )}
            </Loaded>
          </Card>
          {may(me, 'runtime.view') && (
            <Card title={t('health.runtimes')} flush>
              <Loaded query={runtimes} rows={2}>
                {(page) => (
                  <DataTable
                    label={t('health.runtimes')}
                    rows={page.items}
                    rowKey={(runtime) => runtime.path}
                    columns={[
                      { id: 'path', title: t('health.path'), wrap: true, cell: (runtime) => <code className="break">{runtime.path}</code> },
                      { id: 'version', title: t('health.version'), kind: 'fit', cell: (runtime) => runtime.version },
                      {
                        id: 'state',
                        title: t('capabilities.state'),
                        wrap: true,
                        cell: (runtime) => (runtime.usable ? t(runtime.default ? 'health.default' : 'health.usable') : <span className="break">{runtime.problem}</span>),
                      },
                    ]}
                  />
                )}
              </Loaded>
            </Card>
          )}
        </div>
        <div className="stack wide">
          {mayAny(me, ['backup.create', 'settings.view']) && <Backups />}
          {may(me, 'system.view') && (
            <Card title={t('health.appliance')}>
              <Loaded query={info}>
                {(found) => (
                  <Facts
                    items={[
                      [t('health.version'), found.version],
                      [t('health.install'), <code key="i" className="break">{found.install_id}</code>],
                      [t('health.mode'), t(`mode.${found.mode}`, { defaultValue: found.mode })],
                      [t('plan.isolation'), t(`isolation.${found.isolation}`)],
                      [t('health.since'), <Time key="s" at={found.started_at} />],
                      [t('health.up'), formatDuration(new Date(found.time).getTime() - new Date(found.started_at).getTime())],
                      [t('health.running'), found.runs_running],
                      [t('health.queued'), found.runs_queued],
                      [
                        t('audit.key'),
                        <span key="k" className="row tight">
                          <code className="break grow">{found.log_key}</code>
                          <CopyButton text={found.log_key} label={t('health.copy_key')} />
                        </span>,
                      ],
                    ]}
                  />
                )}
              </Loaded>
            </Card>
          )}
        </div>
      </div>
    </Page>
  )
}

function CheckRow({ check }: { check: DoctorCheck }) {
  const { t } = useTranslation()
  const { language } = usePrefs()
  const id = check.id.replaceAll('.', '_')
  // The appliance says in English what it found and what helps; in another language the console has words for the second.
  const own = language === 'en' ? '' : t(`doctor_remedy.${id}`, { defaultValue: '' })
  const [tone, Icon] = check.state === 'ok' ? (['ok', CheckCircleOutlined] as const) : check.state === 'warning' ? (['wait', WarningOutlined] as const) : (['bad', CloseCircleOutlined] as const)
  return (
    <tr>
      <td className="fit" style={{ verticalAlign: 'top', paddingTop: 7 }}>
        <span className={`tag ${tone}`}>
          <Icon aria-hidden />
          {t(`doctor_state.${check.state}`)}
        </span>
      </td>
      <td className="wrap break">
        <strong>{t(`doctor.${id}`, { defaultValue: check.title })}</strong>
        <div lang="en">{check.detail}</div>
        {check.remedy && (
          <div>
            {t('health.remedy')} {own || <span lang="en">{check.remedy}</span>}
          </div>
        )}
      </td>
    </tr>
  )
}
