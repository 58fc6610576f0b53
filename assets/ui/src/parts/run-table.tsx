// Runs as rows; which columns are shown is the caller's choice.
import type { TFunction } from 'i18next'
import { Link } from 'wouter'
import type { RunSummary } from '@/api/types'
import { formatDuration, shortId } from '@/format'
import { paths } from '@/paths'
import type { Column } from '@/ui/data-table'
import { ActorName } from './actor'
import { PhaseTag, PlainTag } from './tags'
import { Time } from './time'
import { Elapsed } from './elapsed'

export type RunColumn = 'phase' | 'id' | 'capability' | 'version' | 'requester' | 'trigger' | 'created' | 'wall' | 'exit' | 'labels'
export const RUN_COLUMNS: RunColumn[] = ['phase', 'id', 'capability', 'version', 'requester', 'trigger', 'created', 'wall', 'exit', 'labels']

export function runColumns(t: TFunction, shown: readonly RunColumn[]): Column<RunSummary>[] {
  const all: Record<RunColumn, Column<RunSummary>> = {
    phase: {
      id: 'phase',
      title: t('runs.state'),
      kind: 'fit',
      cell: (run) => <PhaseTag phase={run.phase} />,
    },
    id: {
      id: 'id',
      title: t('runs.run'),
      kind: 'fit',
      cell: (run) => (
        <Link href={paths.run(run.id)} className="mono" title={run.id} aria-label={t('runs.open', { id: run.id })}>
          {shortId(run.id)}
        </Link>
      ),
    },
    capability: {
      id: 'capability',
      title: t('runs.capability'),
      cell: (run) => <Link href={paths.capability(run.capability)}>{run.capability}</Link>,
    },
    version: { id: 'version', title: t('runs.version'), kind: 'fit', cell: (run) => <span className="num">{run.version}</span> },
    requester: { id: 'requester', title: t('runs.requester'), cell: (run) => <ActorName actor={run.requester} /> },
    trigger: { id: 'trigger', title: t('runs.trigger'), kind: 'fit', cell: (run) => t(`trigger.${run.trigger}`) },
    created: { id: 'created', title: t('runs.created'), kind: 'fit', cell: (run) => <Time at={run.created_at} /> },
    wall: {
      id: 'wall',
      title: t('runs.wall'),
      kind: 'right',
      cell: (run) => (
        <span className="num nowrap">{run.phase === 'running' && run.started_at ? <Elapsed since={run.started_at} progress={run.progress?.percent} /> : formatDuration(run.wall_ms)}</span>
      ),
    },
    exit: {
      id: 'exit',
      title: t('runs.exit'),
      kind: 'right',
      cell: (run) => <span className="num nowrap">{run.exit_code ?? run.reason_code ?? '–'}</span>,
    },
    labels: {
      id: 'labels',
      title: t('runs.labels'),
      cell: (run) => (
        <span className="row tight">
          {Object.entries(run.labels ?? {}).map(([key, value]) => (
            <PlainTag key={key}>{value ? `${key}=${value}` : key}</PlainTag>
          ))}
        </span>
      ),
    },
  }
  return shown.map((column) => all[column])
}
