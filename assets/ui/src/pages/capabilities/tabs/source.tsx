// The files of one version, to be read.
import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { lazy } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { capabilities } from '@/api/capabilities'
import type { CapabilityDetail, VersionDetail } from '@/api/types'
import { formatBytes, short } from '@/format'
import { useUrlState } from '@/hooks/url-state'
import { Late } from '@/parts/late'
import { Loaded } from '@/parts/loaded'
import { VersionTag } from '@/parts/tags'
import { paths } from '@/paths'
import { CopyButton } from '@/ui/copy'

const Code = lazy(() => import('@/ui/code'))

export default function Source({ unit }: { unit: CapabilityDetail }) {
  const { t } = useTranslation()
  const [state, change] = useUrlState()
  const number = Number(state.version) || unit.version
  const versions = useQuery({ queryKey: ['capability', unit.name, 'versions'], queryFn: () => capabilities.versions(unit.name) })
  const version = useQuery({ queryKey: ['capability', unit.name, 'version', number], queryFn: () => capabilities.version(unit.name, number) })
  return (
    <div className="card">
      <div className="filters">
        <Select
          aria-label={t('runs.version')}
          value={number}
          onChange={(value) => change({ version: String(value), file: null })}
          options={(versions.data?.items ?? [{ number }]).map((one) => ({ value: one.number, label: t('capabilities.version_n', { n: one.number }) }))}
          style={{ minWidth: 90 }}
        />
        {version.data && (
          <>
            <VersionTag state={version.data.state} />
            <span className="row tight muted">
              sha256 <code title={version.data.digest}>{short(version.data.digest, 16)}</code>
              <CopyButton text={version.data.digest} label={t('plan.copy_digest')} />
            </span>
          </>
        )}
      </div>
      <Loaded query={version}>{(found) => <Files unit={unit} version={found} chosen={state.file} />}</Loaded>
    </div>
  )
}

function Files({ unit, version, chosen }: { unit: CapabilityDetail; version: VersionDetail; chosen?: string }) {
  const { t } = useTranslation()
  const path = chosen ?? (version.package.some((file) => file.path === version.manifest.entry) ? version.manifest.entry : (version.package[0]?.path ?? ''))
  const file = version.package.find((one) => one.path === path)
  const text = useQuery({
    queryKey: ['capability', unit.name, 'file', version.number, path],
    queryFn: () => capabilities.file(unit.name, version.number, path),
    enabled: file?.text === true && file.bytes < 2_000_000,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <div className="source-layout">
      <nav aria-label={t('capability.files')}>
        <ul className="file-list">
          {version.package.map((one) => (
            <li key={one.path}>
              <Link href={paths.source(unit.name, version.number, one.path)} aria-current={one.path === path ? 'page' : undefined} title={one.path}>
                <span className="clip">{one.path}</span>
                <span className="muted num nowrap">{formatBytes(one.bytes)}</span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div style={{ minWidth: 0 }}>
        {!file ? (
          <p className="card-body muted">{t('capability.no_file')}</p>
        ) : !file.text || file.bytes >= 2_000_000 ? (
          <p className="card-body muted">{t(file.text ? 'capability.large_file' : 'capability.binary_file')}</p>
        ) : (
          <Loaded query={text} rows={12}>
            {(source) => (
              <Late rows={12}>
                <Code text={source} path={path} label={path} />
              </Late>
            )}
          </Loaded>
        )}
      </div>
    </div>
  )
}
