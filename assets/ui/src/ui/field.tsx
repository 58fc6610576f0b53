// A label above, a control, help and an error below, all tied together for assistive technology.
import { ExclamationCircleFilled } from '@ant-design/icons'
import { type ReactNode, useId } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  label: ReactNode
  help?: ReactNode
  error?: ReactNode
  required?: boolean
  full?: boolean
  children: (id: string, described: string | undefined) => ReactNode
}

export function Field({ label, help, error, required, full, children }: Props) {
  const { t } = useTranslation()
  const id = useId()
  const described = [help ? `${id}-help` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined
  return (
    <div className={full ? 'field full' : 'field'}>
      <label htmlFor={id}>
        {label}
        {required && <span className="need">{t('form.required')}</span>}
      </label>
      {children(id, described)}
      {help && (
        <div className="help" id={`${id}-help`}>
          {help}
        </div>
      )}
      {error && (
        <div className="wrong" id={`${id}-error`}>
          <ExclamationCircleFilled aria-hidden />
          <span>{error}</span>
        </div>
      )}
    </div>
  )
}
