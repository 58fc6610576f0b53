// A value that goes in and is never shown: one line, several lines, or a file. The text is not kept anywhere but in the form.
import { Button, Input, Segmented } from 'antd'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatBytes } from '@/format'
import { Field } from './field'

export type Hidden = { text: string } | { base64: string; name: string; bytes: number }

const WAYS = ['line', 'lines', 'file'] as const

/** Bytes as base64, in pieces: arguments of a function are limited. */
function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

interface Props {
  label: string
  help?: string
  error?: string | false
  value: Hidden
  onChange: (value: Hidden) => void
}

export function HiddenInput({ label, help, error, value, onChange }: Props) {
  const { t } = useTranslation()
  const file = useRef<HTMLInputElement>(null)
  const [way, setWay] = useState<(typeof WAYS)[number]>('line')
  const text = 'text' in value ? value.text : ''
  return (
    <>
      <Segmented
        aria-label={t('hidden.way')}
        value={way}
        onChange={(next) => {
          setWay(next)
          onChange({ text: '' })
        }}
        options={WAYS.map((one) => ({ value: one, label: t(`hidden.${one}`) }))}
      />
      <Field label={label} required help={way === 'lines' ? t('hidden.lines_help') : help} error={error}>
        {(id, described) =>
          way === 'file' ? (
            <div className="row">
              <Button id={id} aria-describedby={described} onClick={() => file.current?.click()}>
                {t('form.choose_file')}
              </Button>
              {'base64' in value && (
                <span className="muted">
                  {value.name} · {formatBytes(value.bytes)}
                </span>
              )}
              <input
                ref={file}
                type="file"
                hidden
                data-field="value"
                onChange={async (event) => {
                  const chosen = event.target.files?.[0]
                  event.target.value = ''
                  if (chosen) onChange({ base64: base64(new Uint8Array(await chosen.arrayBuffer())), name: chosen.name, bytes: chosen.size })
                }}
              />
            </div>
          ) : way === 'lines' ? (
            <Input.TextArea id={id} aria-describedby={described} aria-invalid={error ? true : undefined} className="hidden-text" rows={5} spellCheck={false} autoComplete="off" value={text} onChange={(event) => onChange({ text: event.target.value })} />
          ) : (
            <Input id={id} aria-describedby={described} aria-invalid={error ? true : undefined} type="password" autoComplete="new-password" spellCheck={false} value={text} onChange={(event) => onChange({ text: event.target.value })} />
          )
        }
      </Field>
    </>
  )
}

/** Whether there is something to send. */
export const isFilled = (value: Hidden) => ('text' in value ? value.text !== '' : value.bytes > 0)
