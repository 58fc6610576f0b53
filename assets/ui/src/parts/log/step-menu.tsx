// The lines of one step of a log: copied or downloaded by themselves.
import { EllipsisOutlined } from '@ant-design/icons'
import { Dropdown } from 'antd'
import { useTranslation } from 'react-i18next'
import type { LogLine } from '@/api/types'
import { formatCount } from '@/format'
import { useToast } from '@/parts/toast'
import { copyText } from '@/ui/copy'
import { saveText } from '@/ui/download'
import { plain } from './ansi'

interface Props {
  run: string
  title: string
  read: () => Promise<LogLine[]>
}

/** A file name of a title: what some file system refuses becomes a dash. */
export function fileName(run: string, title: string): string {
  const words = title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').slice(0, 60)
  return `${run}-${words || 'step'}.log`
}

export function StepMenu({ run, title, read }: Props) {
  const { t } = useTranslation()
  const toast = useToast()
  const copy = async (coloured: boolean) => {
    const lines = await read()
    await copyText(lines.map((line) => (coloured ? line.text : plain(line.text))).join('\n'))
    toast.done(t('log.copied', { count: lines.length, n: formatCount(lines.length) }))
  }
  const download = async () => {
    const lines = await read()
    saveText(fileName(run, title), lines.map((line) => `${line.at} ${plain(line.text)}\n`).join(''), 'text/plain')
  }
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'plain', label: t('log.copy_step'), onClick: () => void copy(false) },
          { key: 'colour', label: t('log.copy_step_colour'), onClick: () => void copy(true) },
          { key: 'download', label: t('log.download_step'), onClick: () => void download() },
        ],
      }}
    >
      <button type="button" className="group step" aria-label={t('log.step_of', { title })} title={t('log.step_of', { title })} aria-haspopup="menu">
        <EllipsisOutlined aria-hidden />
      </button>
    </Dropdown>
  )
}
