// Remarks on a line of a version, with the lines around it in sight.
import { useQuery } from '@tanstack/react-query'
import { Input, InputNumber, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { capabilities } from '@/api/capabilities'
import { reviews } from '@/api/reviews'
import type { VersionDetail } from '@/api/types'
import { may, useMe } from '@/hooks/me'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

const AROUND = 2

export function RemarkAdd({ name, version, at, onClose }: { name: string; version: VersionDetail; at?: { path: string; line: number }; onClose: () => void }) {
  const { t } = useTranslation()
  const me = useMe()
  const files = version.package.filter((file) => file.text)
  const [path, setPath] = useState(at?.path ?? files.find((file) => file.path === version.manifest.entry)?.path ?? files[0]?.path ?? '')
  const [line, setLine] = useState<number | null>(at?.line ?? 1)
  const [text, setText] = useState('')
  const source = useQuery({ queryKey: ['capability', name, 'file', version.number, path], queryFn: () => capabilities.file(name, version.number, path), enabled: path !== '' && may(me, 'capability.view_source'), staleTime: Number.POSITIVE_INFINITY })
  const lines = source.data?.split('\n') ?? []
  const first = Math.max(1, (line ?? 1) - AROUND)
  return (
    <FormDialog
      title={t('versions.remark_add')}
      ok={t('versions.remark_add')}
      width={640}
      complete={Boolean(path && line && text.trim())}
      work={() => reviews.remark(name, version.number, { path, line: line ?? 1, text: text.trim() })}
      refresh={[['capability', name, 'version', version.number, 'remarks']]}
      done={t('versions.remark_done')}
      onClose={onClose}
    >
      {(tried) => (
        <>
          <div className="form-grid">
            <Field label={t('versions.remark_file')}>{(id) => <Select id={id} value={path} onChange={setPath} options={files.map((file) => ({ value: file.path, label: file.path }))} style={{ width: '100%' }} />}</Field>
            <Field label={t('versions.remark_line')} error={tried && !line && t('rules.required')}>
              {(id, described) => <InputNumber id={id} aria-describedby={described} min={1} max={lines.length || undefined} value={line} onChange={setLine} style={{ width: '100%' }} />}
            </Field>
          </div>
          {lines.length > 0 && line && (
            <pre className="code-block" tabIndex={0} role="region" aria-label={t('versions.remark_at', { line, path })}>
              {lines.slice(first - 1, line + AROUND).map((content, i) => (
                <span key={first + i} className={`diff-line ${first + i === line ? 'at-line' : ''}`}>
                  <span className="muted">{String(first + i).padStart(4)} </span>
                  {content}
                  {'\n'}
                </span>
              ))}
            </pre>
          )}
          <Field label={t('versions.remark_text')} required error={tried && !text.trim() && t('rules.required')}>
            {(id, described) => <Input.TextArea id={id} aria-describedby={described} aria-invalid={(tried && !text.trim()) || undefined} rows={3} maxLength={2000} value={text} onChange={(event) => setText(event.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
