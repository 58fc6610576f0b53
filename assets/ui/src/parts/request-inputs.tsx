// The inputs that a request needs: one for each placeholder, each with a type.
import { Checkbox, Input, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { Card } from '@/ui/card'
import { type InputForm, inputTypes, placeholders, type RequestForm } from './http-request'

export function RequestInputs({ form, names, onChange }: { form: RequestForm; names: string[]; onChange: (inputs: Record<string, InputForm>) => void }) {
  const { t } = useTranslation()
  const inPath = placeholders(form.path)
  const of = (name: string): InputForm => form.inputs[name] ?? { type: 'string', required: false, description: '' }
  const change = (name: string, part: Partial<InputForm>) => onChange({ ...form.inputs, [name]: { ...of(name), ...part } })
  return (
    <Card title={t('capability.inputs')} flush>
      {names.length === 0 ? (
        <p className="card-body muted">{t('request.no_inputs')}</p>
      ) : (
        <div className="table-scroll" tabIndex={0} role="region" aria-label={t('capability.inputs')}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('capability.input')}</th>
                <th scope="col">{t('capability.type')}</th>
                <th scope="col">{t('form.required')}</th>
                <th scope="col">{t('secret.description')}</th>
              </tr>
            </thead>
            <tbody>
              {names.map((name) => (
                <tr key={name}>
                  <td>
                    <code>{name}</code>
                  </td>
                  <td className="wrap">
                    <Select size="small" aria-label={t('request.type_of', { name })} value={of(name).type} onChange={(type) => change(name, { type })} options={inputTypes(form.body).map((value) => ({ value, label: value }))} style={{ width: 120 }} />
                  </td>
                  <td>
                    <Checkbox aria-label={t('request.required_of', { name })} checked={of(name).required || inPath.includes(name)} disabled={inPath.includes(name)} onChange={(event) => change(name, { required: event.target.checked })} />
                  </td>
                  <td className="wrap">
                    <Input size="small" aria-label={t('request.description_of', { name })} value={of(name).description} onChange={(event) => change(name, { description: event.target.value })} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  )
}
