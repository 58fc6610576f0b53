// What can be done with a log: follow, find, filter, stamps, wrap, copy, download, full screen.
import { CopyOutlined, DownloadOutlined, FullscreenExitOutlined, FullscreenOutlined, SearchOutlined, VerticalAlignBottomOutlined } from '@ant-design/icons'
import { Dropdown } from 'antd'
import { useTranslation } from 'react-i18next'
import { runUrl } from '@/api/runs'
import { formatCount, formatDuration } from '@/format'
import { useToast } from '@/parts/toast'
import { copyText } from '@/ui/copy'
import { plain } from './ansi'
import type { Chosen, Only } from './filter'
import type { Live } from './source'
import type { LogStore } from './store'

export type Stamps = 'off' | 'time' | 'elapsed'

export interface View {
  stamps: Stamps
  wrap: boolean
  only: Only
  full: boolean
  find: boolean
}

interface Props {
  run: string
  view: View
  onView: (view: View) => void
  live: Live
  store: LogStore
  mark?: { from: number; to: number }
  following: boolean
  onFollow: () => void
  filter: Chosen
}

const MOST_COPIED = 50_000
/** Below it nobody would notice, and clocks differ that much. */
const LAG_SHOWN_MS = 3_000

export function Toolbar({ run, view, onView, live, store, mark, following, onFollow, filter }: Props) {
  const { t } = useTranslation()
  const toast = useToast()
  const copy = async (coloured: boolean) => {
    const from = mark?.from ?? 1
    const to = mark?.to ?? Math.min(store.total, MOST_COPIED)
    const lines = await store.read(from, to)
    await copyText(lines.map((line) => (coloured ? line.text : plain(line.text))).join('\n'))
    toast.done(t('log.copied', { count: lines.length, n: formatCount(lines.length) }))
  }
  return (
    <div className="log-bar" role="toolbar" aria-label={t('log.tools')}>
      <span role="status" className="row tight num">
        <span className={`tag ${live === 'live' ? 'busy' : live === 'reconnecting' ? 'wait' : ''}`}>{t(`log.state_${live}`)}</span>
        {t('log.lines', { count: store.total, n: formatCount(store.total) })}
        {live === 'live' && store.lagMs > LAG_SHOWN_MS && <span className="log-lag">{t('log.lag', { by: formatDuration(Math.round(store.lagMs / 1000) * 1000) })}</span>}
      </span>
      <span className="grow" />
      <select aria-label={t('log.only')} value={view.only} onChange={(event) => onView({ ...view, only: event.target.value as Only })}>
        <option value="all">{t('log.only_all')}</option>
        <option value="stderr" disabled={filter.tooLong}>{t('log.only_stderr')}</option>
        <option value="problems">{t('log.only_problems')}</option>
      </select>
      <select aria-label={t('log.stamps')} value={view.stamps} onChange={(event) => onView({ ...view, stamps: event.target.value as Stamps })}>
        <option value="off">{t('log.stamps_off')}</option>
        <option value="time">{t('log.stamps_time')}</option>
        <option value="elapsed">{t('log.stamps_elapsed')}</option>
      </select>
      <button type="button" className="icon-button" aria-pressed={view.wrap} onClick={() => onView({ ...view, wrap: !view.wrap })}>
        {t('log.wrap')}
      </button>
      <button type="button" className="icon-button" aria-pressed={following} onClick={onFollow} title="f">
        <VerticalAlignBottomOutlined aria-hidden /> {t('log.follow')}
      </button>
      <button type="button" className="icon-button" aria-pressed={view.find} aria-label={t('log.find')} title={`${t('log.find')} (Ctrl F)`} onClick={() => onView({ ...view, find: !view.find })}>
        <SearchOutlined aria-hidden />
      </button>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            { key: 'plain', label: t(mark ? 'log.copy_marked' : 'log.copy_all'), onClick: () => void copy(false) },
            { key: 'colour', label: t(mark ? 'log.copy_marked_colour' : 'log.copy_all_colour'), onClick: () => void copy(true) },
            { key: 'link', label: t('log.copy_link'), onClick: () => void copyText(window.location.href).then(() => toast.done(t('common.copied'))) },
          ],
        }}
      >
        <button type="button" className="icon-button" aria-label={t('common.copy')} title={t('common.copy')} aria-haspopup="menu">
          <CopyOutlined aria-hidden />
        </button>
      </Dropdown>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            { key: 'text', label: <a href={runUrl.rawLog(run, 'text', false)} download>{t('log.download_text')}</a> },
            { key: 'stamped', label: <a href={runUrl.rawLog(run, 'text', true)} download>{t('log.download_stamped')}</a> },
            { key: 'jsonl', label: <a href={runUrl.rawLog(run, 'jsonl', true)} download>{t('log.download_jsonl')}</a> },
          ],
        }}
      >
        <button type="button" className="icon-button" aria-label={t('common.download')} title={t('common.download')} aria-haspopup="menu">
          <DownloadOutlined aria-hidden />
        </button>
      </Dropdown>
      <button type="button" className="icon-button" aria-pressed={view.full} aria-label={t('log.full')} title={t('log.full')} onClick={() => onView({ ...view, full: !view.full })}>
        {view.full ? <FullscreenExitOutlined aria-hidden /> : <FullscreenOutlined aria-hidden />}
      </button>
    </div>
  )
}
