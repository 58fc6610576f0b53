// All versions: compare any two, publish, go back, deprecate.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Dropdown } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { capabilities } from '@/api/capabilities'
import type { CapabilityDetail, VersionSummary } from '@/api/types'
import { actsOf, type VersionAct, VersionChange } from '@/forms/version-change'
import { short } from '@/format'
import { useMe } from '@/hooks/me'
import { useUrlState } from '@/hooks/url-state'
import { Loaded } from '@/parts/loaded'
import { VersionTag } from '@/parts/tags'
import { Time } from '@/parts/time'
import { VersionDiffView } from '@/parts/version-diff'
import { paths } from '@/paths'
import { Card } from '@/ui/card'

export default function Versions({ unit }: { unit: CapabilityDetail }) {
  const { t } = useTranslation()
  const me = useMe()
  const [, navigate] = useLocation()
  const [state, change] = useUrlState()
  const queries = useQueryClient()
  const [act, setAct] = useState<{ act: VersionAct; version: VersionSummary }>()
  const query = useQuery({ queryKey: ['capability', unit.name, 'versions'], queryFn: () => capabilities.versions(unit.name) })
  const from = Number(state.from) || undefined
  const to = Number(state.to) || undefined
  const can = (action: string) => unit.actions.includes(action)
  // Who may take a version out of use may do so for good.
  const right = (one: VersionAct) => `capability.${one === 'retire' ? 'deprecate' : one}`
  return (
    <div className="stack wide">
      <Card title={t('capability.tab_versions')} flush extra={from && to ? <Button size="small" onClick={() => change({ from: null, to: null })}>{t('versions.close_diff')}</Button> : <span className="muted">{t('versions.choose_two')}</span>}>
        <Loaded query={query}>
          {(page) => (
            <div className="table-scroll" tabIndex={0} role="region" aria-label={t('capability.tab_versions')}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col" className="fit">{t('versions.older')}</th>
                    <th scope="col" className="fit">{t('versions.newer')}</th>
                    <th scope="col" className="fit">{t('runs.version')}</th>
                    <th scope="col" className="fit">{t('capabilities.state')}</th>
                    <th scope="col">{t('common.comment')}</th>
                    <th scope="col" className="fit">{t('versions.made')}</th>
                    <th scope="col" className="fit">{t('versions.by')}</th>
                    <th scope="col" className="fit">{t('versions.digest')}</th>
                    <th scope="col" className="fit">{t('common.actions')}</th>
                  </tr>
                </thead>
                <tbody>
                  {page.items.map((version) => (
                    <tr key={version.number}>
                      <td className="check-cell">
                        <input type="radio" name="from" aria-label={t('versions.compare_from', { n: version.number })} checked={from === version.number} onChange={() => change({ from: String(version.number), to: state.to ?? String(unit.latest) }, 'replace')} />
                      </td>
                      <td className="check-cell">
                        <input type="radio" name="to" aria-label={t('versions.compare_to', { n: version.number })} checked={to === version.number} onChange={() => change({ to: String(version.number), from: state.from ?? String(Math.max(1, version.number - 1)) }, 'replace')} />
                      </td>
                      <td className="fit">
                        <Link href={paths.version(unit.name, version.number)}>{t('capabilities.version_n', { n: version.number })}</Link>
                      </td>
                      <td className="fit">
                        <span className="row tight" style={{ flexWrap: 'nowrap' }}>
                          <VersionTag state={version.state} />
                          {version.current && <span className="tag busy">{t('versions.current')}</span>}
                        </span>
                      </td>
                      <td className="wrap break">
                        {version.changelog && <div>{version.changelog}</div>}
                        {version.comment ?? (version.changelog ? null : <span className="muted">–</span>)}
                      </td>
                      <td className="fit"><Time at={version.created_at} /></td>
                      <td className="fit">{version.created_by}</td>
                      <td className="fit"><code title={version.digest}>{short(version.digest)}</code></td>
                      <td className="fit">
                        <Dropdown
                          trigger={['click']}
                          menu={{
                            items: [
                              ...actsOf(version, me?.mode).map((one) => ({
                                key: one,
                                label: t(`versions.${one}`),
                                disabled: !can(right(one)),
                                title: can(right(one)) ? undefined : t('versions.may_not'),
                                onClick: () => setAct({ act: one, version }),
                              })),
                              { key: 'review', label: t('versions.review_of', { n: version.number }), onClick: () => navigate(paths.version(unit.name, version.number)) },
                              { key: 'run', label: t('versions.run_this'), disabled: !unit.can_run && !can('capability.run_draft'), onClick: () => navigate(paths.runForm(unit.name, { version: version.number })) },
                            ],
                          }}
                        >
                          <Button size="small" aria-label={t('versions.actions_of', { n: version.number })}>{t('common.actions')}</Button>
                        </Dropdown>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </Loaded>
      </Card>
      {from && to && (from === to ? <p className="muted">{t('versions.same')}</p> : <VersionDiffView name={unit.name} from={from} to={to} />)}
      {act && (
        <VersionChange
          unit={unit}
          act={act.act}
          version={act.version}
          onClose={() => setAct(undefined)}
          onDone={() => void queries.invalidateQueries({ queryKey: ['capability', unit.name] })}
        />
      )}
    </div>
  )
}
