// Who ran what, when, with what result: server paging, filters in the address, rows that do not jump.
import { ReloadOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Button, Dropdown } from 'antd'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { runs, runUrl } from '@/api/runs'
import type { RunSummary } from '@/api/types'
import { useStream } from '@/hooks/stream'
import { useUrlState } from '@/hooks/url-state'
import { formatCount, parseLocal } from '@/format'
import { useTime } from '@/hooks/time'
import { HelpLink } from '@/parts/help-link'
import { Loaded } from '@/parts/loaded'
import { Pager } from '@/parts/pager'
import { ProblemNotice } from '@/parts/problem'
import { BulkBar, type ExportForm, useSaveRuns } from '@/parts/run-bulk'
import { RunFilters, type RunFilterState } from '@/parts/run-filters'
import { RUN_COLUMNS, type RunColumn, runColumns } from '@/parts/run-table'
import { ZoneNote } from '@/parts/time'
import { useToast } from '@/parts/toast'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'

const LIMIT = 50
/** Rows of one file; whoever needs more narrows the filters or asks the API. */
const MOST_EXPORTED = 10_000
const COLUMNS_KEY = 'execgov.run-columns'
const FIRST: RunColumn[] = ['phase', 'id', 'capability', 'version', 'requester', 'trigger', 'created', 'wall', 'exit']

function storedColumns(): RunColumn[] {
  try {
    const found = (JSON.parse(localStorage.getItem(COLUMNS_KEY) ?? 'null') as RunColumn[] | null)?.filter((one) => RUN_COLUMNS.includes(one))
    return found && found.length > 0 ? found : FIRST
  } catch {
    return FIRST
  }
}

export default function Runs() {
  const { t } = useTranslation()
  const { zone } = useTime()
  const [, navigate] = useLocation()
  const [state, change] = useUrlState()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [columns, setColumns] = useState(storedColumns)
  const [saving, setSaving] = useState(false)
  const toast = useToast()
  const save = useSaveRuns()
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set())
  const [changed, setChanged] = useState<ReadonlyMap<string, RunSummary>>(new Map())
  const known = useRef<ReadonlySet<string>>(new Set())
  const filter: RunFilterState = { capability: state.capability, phase: state.phase, requester: state.requester, trigger: state.trigger, label: state.label, from: state.from, to: state.to }
  const params = { ...filter, from: filter.from && parseLocal(filter.from, zone), to: filter.to && parseLocal(filter.to, zone) }
  const query = useQuery({
    queryKey: ['runs', 'list', params, state.cursor],
    queryFn: async ({ signal }) => {
      const page = await runs.list({ ...params, cursor: state.cursor, limit: LIMIT }, signal)
      known.current = new Set(page.items.map((run) => run.id))
      setFresh(new Set())
      setChanged(new Map())
      return page
    },
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  })
  useStream(runUrl.allStream, 'run', (data) => {
    const { run } = data as { run: RunSummary }
    // A known run is updated where it stands; a new one is counted, so that rows do not move under the pointer.
    if (known.current.has(run.id)) setChanged((was) => new Map(was).set(run.id, run))
    else if (!state.cursor && fits(run, filter)) setFresh((was) => new Set(was).add(run.id))
  })
  const filtered = Object.values(filter).some(Boolean)
  const saveAll = async (form: ExportForm) => {
    setSaving(true)
    try {
      const { items, more } = await runs.listAll(params, MOST_EXPORTED)
      save(items, form)
      if (more) toast.done(t('runs.export_cut', { count: items.length, n: formatCount(items.length) }))
    } catch (cause) {
      toast.failed(<ProblemNotice error={cause} />)
    } finally {
      setSaving(false)
    }
  }
  const choose = (next: RunColumn[]) => {
    setColumns(next)
    localStorage.setItem(COLUMNS_KEY, JSON.stringify(next))
  }
  return (
    <Page
      title={t('nav.runs')}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="explanation/runs" />
        </>
      }
      actions={
        <>
          <Button icon={<ReloadOutlined aria-hidden />} onClick={() => void query.refetch()} type={fresh.size > 0 ? 'primary' : 'default'}>
            <span aria-live="polite">{fresh.size > 0 ? t('runs.new', { count: fresh.size, n: formatCount(fresh.size) }) : t('runs.refresh')}</span>
          </Button>
          <Dropdown
            trigger={['click']}
            menu={{
              items: [
                { key: 'csv', label: t('runs.export_csv'), onClick: () => void saveAll('csv') },
                { key: 'jsonl', label: t('runs.export_jsonl'), onClick: () => void saveAll('jsonl') },
              ],
            }}
          >
            <Button loading={saving}>{t('runs.export')}</Button>
          </Dropdown>
          <Dropdown
            trigger={['click']}
            menu={{
              multiple: true,
              selectable: true,
              selectedKeys: columns,
              items: RUN_COLUMNS.map((key) => ({ key, label: t(`runs.${COLUMN_TEXT[key]}`) })),
              onSelect: ({ key }) => choose(RUN_COLUMNS.filter((one) => columns.includes(one) || one === key)),
              onDeselect: ({ key }) => columns.length > 1 && choose(columns.filter((one) => one !== key)),
            }}
          >
            <Button>{t('runs.columns')}</Button>
          </Dropdown>
        </>
      }
    >
      <div className="card">
        <RunFilters state={filter} onChange={change} />
        {selected.size > 0 && <BulkBar selected={selected} rows={query.data?.items ?? []} onDone={() => { setSelected(new Set()); void query.refetch() }} onClear={() => setSelected(new Set())} />}
        <Loaded query={query} rows={12}>
          {(page) =>
            page.items.length === 0 ? (
              filtered || state.cursor ? (
                <Empty why={t('runs.none_match')}>
                  <Button onClick={() => change({ capability: null, phase: null, requester: null, trigger: null, label: null, from: null, to: null })}>{t('common.clear_filters')}</Button>
                </Empty>
              ) : (
                <Empty why={t('runs.none')} what={t('runs.none_what')}>
                  <Button type="primary" onClick={() => navigate(paths.capabilities())}>
                    {t('home.find_capability')}
                  </Button>
                </Empty>
              )
            ) : (
              <>
                <DataTable
                  label={t('nav.runs')}
                  rows={page.items.map((run) => changed.get(run.id) ?? run)}
                  rowKey={(run) => run.id}
                  selected={selected}
                  onSelect={setSelected}
                  onOpen={(run) => navigate(paths.run(run.id))}
                  columns={runColumns(t, columns)}
                />
                <Pager next={page.next} shown={page.items.length} total={page.total} atLeast={page.total_is_lower_bound} />
              </>
            )
          }
        </Loaded>
      </div>
    </Page>
  )
}

const COLUMN_TEXT: Record<RunColumn, string> = {
  phase: 'state', id: 'run', capability: 'capability', version: 'version', requester: 'requester', trigger: 'trigger', created: 'created', wall: 'wall', exit: 'exit', labels: 'labels',
}

function fits(run: RunSummary, filter: RunFilterState): boolean {
  if (filter.capability && run.capability !== filter.capability) return false
  if (filter.phase && !filter.phase.split(',').includes(run.phase)) return false
  if (filter.trigger && run.trigger !== filter.trigger) return false
  if (filter.requester && run.requester.name !== filter.requester && run.requester.id !== filter.requester) return false
  return !filter.label && !filter.to
}
