// The files of a run. A preview is made of text here, of pictures by <img>, which runs no script, or of pages drawn as pictures; nothing
// is ever opened as a page.
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { send } from '@/api/http'
import { runUrl } from '@/api/runs'
import type { RunArtifact, RunDetail } from '@/api/types'
import { formatBytes, short } from '@/format'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { parseCsv } from '@/ui/csv'
import { Skeleton } from '@/ui/skeleton'
import { Loaded } from './loaded'
import { ResultView, RowTable } from './result-view'

const PdfView = lazy(() => import('./pdf-view'))

const TEXT_BYTES = 512 * 1024
const IMAGE_BYTES = 16 * 1024 * 1024
const PDF_BYTES = 32 * 1024 * 1024

type Look = 'csv' | 'json' | 'image' | 'text' | 'pdf' | 'none'

export function lookOf(file: RunArtifact): Look {
  const name = file.name.toLowerCase()
  if (/^image\/(png|jpeg|gif|webp|svg\+xml|bmp|avif)$/.test(file.media_type)) return file.bytes <= IMAGE_BYTES ? 'image' : 'none'
  if (file.media_type === 'application/pdf' || name.endsWith('.pdf')) return file.bytes <= PDF_BYTES ? 'pdf' : 'none'
  if (file.media_type === 'text/csv' || /\.(csv|tsv)$/.test(name)) return 'csv'
  if (file.media_type === 'application/json' || name.endsWith('.json')) return file.bytes <= TEXT_BYTES ? 'json' : 'text'
  if (file.media_type.startsWith('text/') || /\.(txt|log|md|jsonl|xml|ya?ml|toml|ini|sh|py|sql|html?)$/.test(name)) return 'text'
  return 'none'
}

export function Artifacts({ run }: { run: RunDetail }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState<string>()
  const shown = run.artifacts.find((file) => file.name === open)
  return (
    <>
      <Card title={t('artifacts.title', { count: run.artifacts.length })} flush>
        <div className="table-scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('artifacts.name')}</th>
                <th scope="col" className="right">{t('artifacts.size')}</th>
                <th scope="col">{t('artifacts.type')}</th>
                <th scope="col">SHA-256</th>
                <th scope="col" className="fit">{t('common.actions')}</th>
              </tr>
            </thead>
            <tbody>
              {run.artifacts.map((file) => (
                <tr key={file.name} aria-selected={file.name === open}>
                  <td className="break">{file.name}</td>
                  <td className="right num nowrap">{formatBytes(file.bytes)}</td>
                  <td className="nowrap">{file.media_type}</td>
                  <td className="nowrap">
                    <code title={file.sha256}>{short(file.sha256, 16)}</code>
                    <CopyButton text={file.sha256} label={t('artifacts.copy_digest', { name: file.name })} />
                  </td>
                  <td className="fit">
                    <span className="row together">
                      {lookOf(file) !== 'none' && (
                        <button type="button" className="link-button" aria-expanded={file.name === open} onClick={() => setOpen(file.name === open ? undefined : file.name)}>
                          {t('artifacts.preview')}
                        </button>
                      )}
                      <a href={runUrl.artifact(run.id, file.name)} download>
                        {t('common.download')}
                      </a>
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      {shown && (
        <Card title={shown.name}>
          <Preview run={run} file={shown} />
        </Card>
      )}
    </>
  )
}

function Preview({ run, file }: { run: RunDetail; file: RunArtifact }) {
  const { t } = useTranslation()
  const look = lookOf(file)
  const url = runUrl.artifact(run.id, file.name)
  const text = useQuery({
    queryKey: ['artifact', run.id, file.name],
    queryFn: async () => {
      const response = await send('GET', url, { headers: { accept: '*/*', ...(file.bytes > TEXT_BYTES ? { range: `bytes=0-${TEXT_BYTES - 1}` } : {}) } })
      const bytes = new Uint8Array(await response.arrayBuffer()).subarray(0, TEXT_BYTES)
      return new TextDecoder('utf-8').decode(bytes)
    },
    enabled: look === 'csv' || look === 'json' || look === 'text',
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (look === 'image') return <img src={url} alt={file.name} style={{ maxWidth: '100%', maxHeight: 560, background: 'repeating-conic-gradient(#8883 0 25%, #0000 0 50%) 0 / 16px 16px' }} />
  if (look === 'pdf') {
    return (
      <Suspense fallback={<Skeleton label={t('common.loading')} rows={6} />}>
        <PdfView url={url} name={file.name} />
      </Suspense>
    )
  }
  return (
    <Loaded query={text}>
      {(body) => (
        <div className="stack tight">
          {file.bytes > TEXT_BYTES && <span className="muted">{t('artifacts.first', { size: formatBytes(TEXT_BYTES) })}</span>}
          {look === 'csv' ? <Csv text={body} name={file.name} /> : look === 'json' ? <Json text={body} /> : <Plain text={body} name={file.name} />}
        </div>
      )}
    </Loaded>
  )
}

function Csv({ text, name }: { text: string; name: string }) {
  const [head = [], ...rows] = parseCsv(text, name.toLowerCase().endsWith('.tsv') ? '\t' : ',', 501)
  if (head.length === 0 || head.length > 24) return <Plain text={text} name={name} />
  const names = head.map((one, i) => (one === '' || head.indexOf(one) !== i ? `${one} (${i + 1})` : one))
  return <RowTable label={name} rows={rows.map((row) => Object.fromEntries(names.map((key, i) => [key, row[i] ?? ''])))} />
}

function Json({ text }: { text: string }) {
  try {
    return <ResultView value={JSON.parse(text)} />
  } catch {
    return <Plain text={text} name="json" />
  }
}

function Plain({ text, name }: { text: string; name: string }) {
  return (
    <pre className="code-block wrap" tabIndex={0} role="region" aria-label={name}>
      {text}
    </pre>
  )
}
