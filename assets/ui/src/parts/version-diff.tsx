// What changed between two versions: first what widens or narrows rights, then declarations, then files.
import { useQuery } from '@tanstack/react-query'
import { Segmented } from 'antd'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { capabilities } from '@/api/capabilities'
import { ApiError } from '@/api/http'
import type { FieldChange, VersionDiff } from '@/api/types'
import { Card } from '@/ui/card'
import { Skeleton } from '@/ui/skeleton'
import { Late } from './late'
import { Loaded } from './loaded'
import { type LineNotes, Unified } from './unified'

const CodeDiff = lazy(() => import('@/ui/code').then((module) => ({ default: module.CodeDiff })))

export function VersionDiffView({ name, from, to }: { name: string; from: number; to: number }) {
  const query = useQuery({ queryKey: ['capability', name, 'diff', from, to], queryFn: () => capabilities.diff(name, from, to) })
  return <Loaded query={query}>{(diff) => <DiffBody diff={diff} name={name} />}</Loaded>
}

/** `notes` gives a file its remarks, where there are any to be shown or made. */
export function DiffBody({ diff, name, notes }: { diff: VersionDiff; name?: string; notes?: (path: string) => LineNotes }) {
  const { t } = useTranslation()
  const [view, setView] = useState<'unified' | 'side'>('unified')
  const nothing = diff.files.length + diff.manifest.length + diff.inputs.length + diff.permissions.length === 0
  if (nothing) return <p className="muted">{t('diff.nothing')}</p>
  return (
    <div className="stack wide">
      {diff.permissions.length > 0 && <ChangeTable title={t('diff.permissions')} changes={diff.permissions} />}
      {diff.inputs.length > 0 && <ChangeTable title={t('diff.inputs')} changes={diff.inputs} />}
      {diff.manifest.length > 0 && <ChangeTable title={t('diff.manifest')} changes={diff.manifest} />}
      {diff.files.length > 0 && (
        <Card
          title={t('diff.files', { count: diff.files.length })}
          flush
          extra={
            name &&
            diff.to && (
              <Segmented
                size="small"
                aria-label={t('diff.view')}
                value={view}
                onChange={setView}
                options={[
                  { value: 'unified', label: t('diff.unified') },
                  { value: 'side', label: t('diff.side') },
                ]}
              />
            )
          }
        >
          {diff.files.map((file) => (
            <details key={file.path} open>
              <summary className="card-head">
                <code className="grow">{file.path}</code>
                <span className={`tag ${file.change === 'added' ? 'ok' : file.change === 'removed' ? 'bad' : 'busy'}`}>{t(`diff.${file.change}`)}</span>
              </summary>
              {view === 'side' && name && diff.to && file.unified ? (
                <FileSides name={name} from={diff.from} to={diff.to} path={file.path} change={file.change} />
              ) : file.unified ? (
                <Unified text={file.unified} label={file.path} notes={notes?.(file.path)} />
              ) : (
                <p className="card-body muted">{t('capability.binary_file')}</p>
              )}
            </details>
          ))}
        </Card>
      )}
    </div>
  )
}

function FileSides({ name, from, to, path, change }: { name: string; from: number; to: number; path: string; change: string }) {
  const { t } = useTranslation()
  const read = (number: number) => async () => {
    try {
      return await capabilities.file(name, number, path)
    } catch (cause) {
      if (cause instanceof ApiError && cause.status === 404) return ''
      throw cause
    }
  }
  const before = useQuery({ queryKey: ['capability', name, 'file', from, path], queryFn: read(from), enabled: change !== 'added' })
  const after = useQuery({ queryKey: ['capability', name, 'file', to, path], queryFn: read(to), enabled: change !== 'removed' })
  if ((change !== 'added' && before.data === undefined) || (change !== 'removed' && after.data === undefined)) return <Skeleton label={t('common.loading')} />
  return (
    <Late>
      <CodeDiff before={before.data ?? ''} after={after.data ?? ''} path={path} label={path} sideBySide />
    </Late>
  )
}

export function ChangeTable({ title, changes }: { title: string; changes: FieldChange[] }) {
  const { t } = useTranslation()
  return (
    <Card title={title} flush>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={title}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col" style={{ minWidth: 140 }}>{t('diff.field')}</th>
              <th scope="col" className="fit">{t('diff.change')}</th>
              <th scope="col">{t('diff.before')}</th>
              <th scope="col">{t('diff.after')}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <tr key={change.field}>
                <td className="wrap break"><code>{change.field}</code></td>
                <td className="fit">{t(`diff.${change.change}`)}</td>
                <td className="wrap break">{change.change === 'added' ? '–' : <code>{JSON.stringify(change.from)}</code>}</td>
                <td className="wrap break">{change.change === 'removed' ? '–' : <code>{JSON.stringify(change.to)}</code>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}
