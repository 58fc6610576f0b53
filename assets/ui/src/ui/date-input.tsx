// A date or a moment as text in the one format, with the browser's calendar behind a button.
import { CalendarOutlined } from '@ant-design/icons'
import { Input } from 'antd'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  id?: string
  value: string
  onChange: (value: string) => void
  onBlur?: () => void
  moment?: boolean
  label?: string
  disabled?: boolean
  'aria-invalid'?: boolean
  'aria-describedby'?: string
}

export function DateInput({ value, onChange, moment, label, ...rest }: Props) {
  const { t } = useTranslation()
  const picker = useRef<HTMLInputElement>(null)
  const native = moment ? value.replace(' ', 'T').slice(0, 16) : value
  return (
    <span style={{ position: 'relative', display: 'block', width: '100%' }}>
      <Input
        {...rest}
        aria-label={label}
        inputMode="numeric"
        autoComplete="off"
        placeholder={moment ? 'YYYY-MM-DD HH:mm' : 'YYYY-MM-DD'}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        suffix={
          <button type="button" className="icon-button" style={{ minWidth: 22, height: 22, padding: 0 }} disabled={rest.disabled} aria-label={t('form.open_calendar')} onClick={() => picker.current?.showPicker?.()}>
            <CalendarOutlined aria-hidden />
          </button>
        }
      />
      <input
        ref={picker}
        type={moment ? 'datetime-local' : 'date'}
        tabIndex={-1}
        aria-hidden="true"
        value={/^\d{4}-\d{2}-\d{2}/.test(native) ? native : ''}
        onChange={(event) => onChange(moment ? event.target.value.replace('T', ' ') : event.target.value)}
        style={{ position: 'absolute', right: 0, bottom: 0, width: 1, height: 1, opacity: 0, pointerEvents: 'none' }}
      />
    </span>
  )
}
