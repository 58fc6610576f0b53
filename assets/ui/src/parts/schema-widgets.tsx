// The controls of schema forms, each with its label, help and error tied to it.
import { PaperClipOutlined } from '@ant-design/icons'
import type { RegistryWidgetsType, WidgetProps } from '@rjsf/utils'
import { Button, Checkbox, Input, Select } from 'antd'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { runs } from '@/api/runs'
import type { UploadedFile } from '@/api/types'
import { formatBytes } from '@/format'
import { DateInput } from '@/ui/date-input'
import { ProblemNotice } from './problem'

function aria(props: WidgetProps) {
  const wrong = (props.rawErrors ?? []).length > 0
  const described = [props.schema.description ? `${props.id}__help` : '', wrong ? `${props.id}__error` : ''].filter(Boolean).join(' ')
  return { id: props.id, disabled: props.disabled || props.readonly, 'aria-invalid': wrong || undefined, 'aria-describedby': described || undefined, 'aria-required': props.required || undefined }
}

/** Items of a list have no label of their own in view; they still need a name. */
function name(props: WidgetProps) {
  return props.hideLabel || !props.label || /_\d+$/.test(props.id) ? { 'aria-label': props.label || props.id } : {}
}

function example(props: WidgetProps): string | undefined {
  if (props.placeholder) return props.placeholder
  const first = Array.isArray(props.schema.examples) ? props.schema.examples[0] : undefined
  return first === undefined ? undefined : String(first)
}

function TextWidget(props: WidgetProps) {
  const number = props.schema.type === 'number' || props.schema.type === 'integer'
  return (
    <Input
      {...aria(props)}
      {...name(props)}
      inputMode={number ? 'decimal' : undefined}
      autoComplete="off"
      spellCheck={false}
      placeholder={example(props)}
      value={props.value ?? ''}
      onChange={(event) => props.onChange(event.target.value === '' ? props.options.emptyValue : event.target.value)}
    />
  )
}

function TextareaWidget(props: WidgetProps) {
  return (
    <Input.TextArea
      {...aria(props)}
      {...name(props)}
      rows={3}
      placeholder={example(props)}
      value={props.value ?? ''}
      onChange={(event) => props.onChange(event.target.value === '' ? props.options.emptyValue : event.target.value)}
    />
  )
}

function PasswordWidget(props: WidgetProps) {
  return <Input.Password {...aria(props)} {...name(props)} autoComplete="off" value={props.value ?? ''} onChange={(event) => props.onChange(event.target.value || undefined)} />
}

function CheckboxWidget(props: WidgetProps) {
  const { t } = useTranslation()
  return (
    <Checkbox {...aria(props)} checked={props.value === true} onChange={(event) => props.onChange(event.target.checked)}>
      {props.label}
      {props.required && <span className="need">{t('form.required')}</span>}
    </Checkbox>
  )
}

function SelectWidget(props: WidgetProps) {
  const { t } = useTranslation()
  const options = (props.options.enumOptions ?? []).map((option, i) => ({ value: i, label: option.label }))
  const indexOf = (value: unknown) => {
    const at = (props.options.enumOptions ?? []).findIndex((option) => JSON.stringify(option.value) === JSON.stringify(value))
    return at < 0 ? undefined : at
  }
  const value = props.multiple ? ((props.value as unknown[]) ?? []).map(indexOf).filter((at) => at !== undefined) : indexOf(props.value)
  return (
    <Select
      {...aria(props)}
      {...name(props)}
      mode={props.multiple ? 'multiple' : undefined}
      showSearch={options.length > 8 ? { optionFilterProp: 'label' } : false}
      allowClear={!props.required}
      placeholder={t('form.choose')}
      value={value as never}
      options={options}
      style={{ width: '100%' }}
      onChange={(chosen: unknown) => {
        const real = (at: unknown) => props.options.enumOptions?.[at as number]?.value
        props.onChange(Array.isArray(chosen) ? chosen.map(real) : chosen === undefined ? props.options.emptyValue : real(chosen))
      }}
    />
  )
}

function DateWidget(props: WidgetProps) {
  return <DateInput {...aria(props)} label={name(props)['aria-label']} value={props.value ?? ''} onChange={(value) => props.onChange(value || undefined)} />
}

/** Uploads at once; the value is the id of the uploaded file. */
function FileWidget(props: WidgetProps) {
  const { t } = useTranslation()
  const field = useRef<HTMLInputElement>(null)
  const [file, setFile] = useState<UploadedFile | { name: string; bytes: number; id?: undefined }>()
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const take = async (chosen: File | undefined) => {
    if (!chosen) return
    setError(undefined)
    setFile({ name: chosen.name, bytes: chosen.size })
    setBusy(true)
    try {
      const stored = await runs.upload(chosen)
      setFile(stored)
      props.onChange(stored.id)
    } catch (cause) {
      setError(cause)
      setFile(undefined)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div
      className="stack tight"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        void take(event.dataTransfer.files[0])
      }}
    >
      <div className="row">
        <Button {...aria(props)} aria-required={undefined} icon={<PaperClipOutlined aria-hidden />} loading={busy} onClick={() => field.current?.click()}>
          {t(props.value ? 'form.other_file' : 'form.choose_file')}
        </Button>
        <span className="muted break">
          {busy ? t('form.uploading') : file && file.id === props.value ? `${file.name} · ${formatBytes(file.bytes)}` : props.value ? <code>{String(props.value)}</code> : t('form.no_file')}
        </span>
        {props.value && !props.disabled && (
          <Button size="small" type="text" onClick={() => props.onChange(undefined)}>
            {t('form.remove_file')}
          </Button>
        )}
      </div>
      <input
        ref={field}
        type="file"
        hidden
        data-field={props.id}
        onChange={(event) => {
          void take(event.target.files?.[0])
          event.target.value = ''
        }}
      />
      {error !== undefined && <ProblemNotice error={error} />}
    </div>
  )
}

export const widgets: RegistryWidgetsType = {
  TextWidget,
  TextareaWidget,
  PasswordWidget,
  CheckboxWidget,
  SelectWidget,
  DateWidget,
  FileWidget,
  CheckboxesWidget: SelectWidget,
  RadioWidget: SelectWidget,
  EmailWidget: TextWidget,
  URLWidget: TextWidget,
  UpDownWidget: TextWidget,
  RangeWidget: TextWidget,
  DateTimeWidget: TextWidget,
  TimeWidget: TextWidget,
}
