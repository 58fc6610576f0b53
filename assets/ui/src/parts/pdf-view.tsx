// Pages of a PDF as pictures: drawn on a canvas by a reader in a worker of its own. No script, form or link of the document does anything.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { getDocument, type PDFDocumentProxy, PDFWorker } from 'pdfjs-dist'
import Reader from 'pdfjs-dist/build/pdf.worker.min.mjs?worker'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { send } from '@/api/http'
import { Notice } from '@/ui/notice'
import { Skeleton } from '@/ui/skeleton'

/** Pixels of one picture, at most: some pages are posters. */
const MOST_PIXELS = 16_000_000

export default function PdfView({ url, name }: { url: string; name: string }) {
  const { t } = useTranslation()
  const [document, setDocument] = useState<PDFDocumentProxy>()
  const [broken, setBroken] = useState(false)
  const [page, setPage] = useState(1)
  useEffect(() => {
    const stop = new AbortController()
    const port = new Reader()
    const worker = PDFWorker.create({ port })
    const open = async () => {
      const response = await send('GET', url, { headers: { accept: '*/*' }, signal: stop.signal })
      const data = new Uint8Array(await response.arrayBuffer())
      // The policy of the console allows neither generated code nor WebAssembly; both have slower stand-ins.
      const found = await getDocument({ data, worker, useWasm: false, enableXfa: false, isEvalSupported: false }).promise
      if (!stop.signal.aborted) setDocument(found)
    }
    open().catch(() => !stop.signal.aborted && setBroken(true))
    return () => {
      stop.abort()
      worker.destroy()
      port.terminate()
    }
  }, [url])
  if (broken) return <Notice tone="wait" title={t('artifacts.pdf_broken')} live />
  if (!document) return <Skeleton label={t('common.loading')} rows={6} />
  return (
    <div className="stack">
      <div className="row">
        <Button size="small" disabled={page === 1} onClick={() => setPage(page - 1)}>
          {t('artifacts.page_before')}
        </Button>
        <span className="num" role="status">
          {t('artifacts.page_of', { n: page, of: document.numPages })}
        </span>
        <Button size="small" disabled={page === document.numPages} onClick={() => setPage(page + 1)}>
          {t('artifacts.page_after')}
        </Button>
      </div>
      <Picture key={page} document={document} page={page} name={name} />
    </div>
  )
}

function Picture({ document, page, name }: { document: PDFDocumentProxy; page: number; name: string }) {
  const { t } = useTranslation()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [drawn, setDrawn] = useState(false)
  const text = useQuery({
    queryKey: ['pdf-text', document.fingerprints[0], page],
    queryFn: async () => {
      const { items } = await (await document.getPage(page)).getTextContent()
      return items.map((item) => ('str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : '')).join('')
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
  useEffect(() => {
    let over = false
    let cancel = () => {}
    const draw = async () => {
      const found = await document.getPage(page)
      const box = canvas.current
      if (!box || over) return
      const natural = found.getViewport({ scale: 1 })
      const width = Math.min(box.parentElement?.clientWidth ?? 800, 1000)
      const fit = (width / natural.width) * Math.min(2, window.devicePixelRatio || 1)
      const viewport = found.getViewport({ scale: Math.min(fit, Math.sqrt(MOST_PIXELS / (natural.width * natural.height))) })
      box.width = Math.floor(viewport.width)
      box.height = Math.floor(viewport.height)
      const task = found.render({ canvas: box, viewport })
      cancel = () => task.cancel()
      await task.promise
      if (!over) setDrawn(true)
    }
    // A page that is left before it is drawn is no fault.
    draw().catch(() => {})
    return () => {
      over = true
      cancel()
    }
  }, [document, page])
  return (
    <>
      <canvas ref={canvas} role="img" aria-label={`${name}, ${t('artifacts.page_of', { n: page, of: document.numPages })}`} aria-busy={!drawn} className="paper" />
      {text.data && (
        <details>
          <summary>{t('artifacts.page_text')}</summary>
          <pre className="code-block wrap" tabIndex={0} role="region" aria-label={t('artifacts.page_text')}>
            {text.data}
          </pre>
        </details>
      )}
    </>
  )
}
