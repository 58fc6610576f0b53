// What can be done with several runs at once. Each is asked for on its own; the outcome of each is counted.
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { runs } from '@/api/runs'
import type { RunSummary } from '@/api/types'
import { useTime } from '@/hooks/time'
import { paths } from '@/paths'
import { saveText, toCsv } from '@/ui/download'
import { useToast } from './toast'

const ACTIVE = new Set(['requested', 'awaiting_confirmation', 'awaiting_approval', 'queued', 'running'])

export type ExportForm = 'csv' | 'jsonl'

/** Gives runs to the browser as a file: times of a table in the chosen zone, those of JSON as the appliance has them. */
export function useSaveRuns(): (list: RunSummary[], form: ExportForm) => void {
  const { time, zone } = useTime()
  return (list, form) => {
    if (form === 'jsonl') return saveText('runs.jsonl', `${list.map((run) => JSON.stringify(run)).join('\n')}\n`, 'application/x-ndjson')
    const head = ['id', 'phase', 'capability', 'version', 'requester', 'trigger', `created_at (${zone})`, `started_at (${zone})`, `finished_at (${zone})`, 'wall_ms', 'exit_code', 'reason_code']
    const lines = list.map((run) => [run.id, run.phase, run.capability, run.version, run.requester.name, run.trigger, time(run.created_at), time(run.started_at), time(run.finished_at), run.wall_ms, run.exit_code, run.reason_code])
    saveText('runs.csv', toCsv([head, ...lines]), 'text/csv')
  }
}

export function BulkBar({ selected, rows, onDone, onClear }: { selected: ReadonlySet<string>; rows: RunSummary[]; onDone: () => void; onClear: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const [, navigate] = useLocation()
  const [busy, setBusy] = useState<{ done: number; of: number }>()
  const chosen = rows.filter((run) => selected.has(run.id))
  const active = chosen.filter((run) => ACTIVE.has(run.phase))
  const each = async (list: RunSummary[], act: (run: RunSummary) => Promise<unknown>, done: string) => {
    let failed = 0
    for (const [i, run] of list.entries()) {
      setBusy({ done: i, of: list.length })
      try {
        await act(run)
      } catch {
        failed += 1
      }
    }
    setBusy(undefined)
    if (failed > 0) toast.failed(t('bulk.failed', { failed, of: list.length }))
    else toast.done(t(done, { count: list.length }))
    onDone()
  }
  const again = async (run: RunSummary) => {
    const detail = await runs.show(run.id)
    await runs.start({ capability: detail.capability, inputs: detail.inputs, rerun_of: detail.id, labels: detail.labels ?? {} }, crypto.randomUUID())
  }
  const save = useSaveRuns()
  return (
    <div className="filters" role="toolbar" aria-label={t('bulk.title')}>
      <strong className="num" role="status">
        {busy ? t('bulk.busy', busy) : t('bulk.selected', { count: chosen.length })}
      </strong>
      <Button size="small" danger disabled={active.length === 0 || Boolean(busy)} title={active.length === 0 ? t('bulk.none_active') : undefined} onClick={() => void each(active, (run) => runs.cancel(run.id), 'bulk.cancelled')}>
        {t('bulk.cancel', { count: active.length })}
      </Button>
      <Button size="small" disabled={Boolean(busy)} onClick={() => void each(chosen, again, 'bulk.started')}>
        {t('bulk.again')}
      </Button>
      <Button size="small" disabled={chosen.length !== 2} title={chosen.length === 2 ? undefined : t('bulk.two')} onClick={() => navigate(paths.compare(chosen[0]?.id ?? '', chosen[1]?.id))}>
        {t('bulk.compare')}
      </Button>
      <Button size="small" onClick={() => save(chosen, 'csv')}>
        CSV
      </Button>
      <Button size="small" onClick={() => save(chosen, 'jsonl')}>
        JSONL
      </Button>
      <span className="grow" />
      <Button size="small" type="text" onClick={onClear}>
        {t('bulk.clear')}
      </Button>
    </div>
  )
}
