// Where the script comes from: a file dropped or chosen, or text typed here.
import { InboxOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { lazy, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Late } from '@/parts/late'
import { SAMPLE } from '@/parts/sample'
import { formatBytes } from '@/format'
import { Card } from '@/ui/card'
import { Field } from '@/ui/field'

const Code = lazy(() => import('@/ui/code'))
/** What was typed survives a reload and a session that ends. */
const DRAFT = 'execgov.draft.source'
const NAME_DRAFT = 'execgov.draft.source-name'
export const COMMENT_DRAFT = 'execgov.draft.source-comment'

export function forgetDrafts() {
  for (const key of [DRAFT, NAME_DRAFT, COMMENT_DRAFT]) sessionStorage.removeItem(key)
}

export function RegisterSource({ file, busy, onInspect }: { file?: File; busy: boolean; onInspect: (file: File) => void }) {
  const { t } = useTranslation()
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const [text, setText] = useState(() => sessionStorage.getItem(DRAFT) ?? '')
  const [name, setName] = useState(() => sessionStorage.getItem(NAME_DRAFT) ?? 'script.py')
  const write = (next: string) => {
    setText(next)
    sessionStorage.setItem(DRAFT, next)
  }
  const rename = (next: string) => {
    setName(next)
    sessionStorage.setItem(NAME_DRAFT, next)
  }
  return (
    <div className="halves">
      <Card title={t('register.upload')}>
        <div
          className={over ? 'drop over' : 'drop'}
          onDragOver={(event) => {
            event.preventDefault()
            setOver(true)
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault()
            setOver(false)
            const dropped = event.dataTransfer.files[0]
            if (dropped) onInspect(dropped)
          }}
        >
          <InboxOutlined aria-hidden style={{ fontSize: 28, color: 'var(--muted)' }} />
          <p>{t('register.drop')}</p>
          <Button type="primary" loading={busy} onClick={() => input.current?.click()}>
            {t('form.choose_file')}
          </Button>
          {file && (
            <span className="muted">
              {file.name} · {formatBytes(file.size)}
            </span>
          )}
          <p className="muted">{t('register.kinds')}</p>
          <input
            ref={input}
            type="file"
            hidden
            data-field="source"
            accept=".py,.sh,.toml,.zip,.tar,.gz,.tgz,.zst"
            onChange={(event) => {
              const chosen = event.target.files?.[0]
              if (chosen) onInspect(chosen)
              event.target.value = ''
            }}
          />
        </div>
      </Card>
      <Card title={t('register.paste')} extra={text === '' && <Button size="small" onClick={() => write(SAMPLE)}>{t('register.use_sample')}</Button>}>
        <div className="stack">
          <Field label={t('register.file_name')} help={t('register.file_name_help')}>
            {(id, described) => <Input id={id} aria-describedby={described} value={name} spellCheck={false} onChange={(event) => rename(event.target.value)} />}
          </Field>
          <Late rows={6}>
            <Code text={text} path={name} label={t('register.source')} onChange={write} />
          </Late>
          <div>
            <Button loading={busy} disabled={text.trim() === '' || !/\.(py|sh)$/.test(name)} onClick={() => onInspect(new File([text], name.trim(), { type: 'text/plain' }))}>
              {t('register.inspect')}
            </Button>
          </div>
        </div>
      </Card>
    </div>
  )
}
