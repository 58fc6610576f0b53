// Rows of two texts each, such as a method and a path, or a name and a value. Rows can be added and removed.
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Input, Select } from 'antd'
import { useTranslation } from 'react-i18next'

export type Pair = [string, string]

interface Props {
  label: string
  /** What the two are called. */
  names: [string, string]
  value: Pair[]
  onChange: (value: Pair[]) => void
  add: string
  /** The first is one of these. */
  choices?: readonly string[]
  placeholders?: [string, string]
  disabled?: boolean
}

export function PairRows({ label, names, value, onChange, add, choices, placeholders, disabled }: Props) {
  const { t } = useTranslation()
  const change = (at: number, pair: Pair) => onChange(value.map((one, i) => (i === at ? pair : one)))
  return (
    <fieldset className="rows" disabled={disabled}>
      <legend className="visually-hidden">{label}</legend>
      {value.map(([first, second], at) => (
        <div key={at} className="pair-row">
          {choices ? (
            <Select aria-label={`${names[0]} ${at + 1}`} disabled={disabled} value={first} onChange={(next) => change(at, [next, second])} options={choices.map((one) => ({ value: one, label: one }))} style={{ width: 110 }} />
          ) : (
            <Input aria-label={`${names[0]} ${at + 1}`} spellCheck={false} placeholder={placeholders?.[0]} value={first} onChange={(event) => change(at, [event.target.value, second])} />
          )}
          <Input aria-label={`${names[1]} ${at + 1}`} spellCheck={false} placeholder={placeholders?.[1]} value={second} onChange={(event) => change(at, [first, event.target.value])} />
          <Button icon={<DeleteOutlined aria-hidden />} aria-label={t('form.remove_row', { n: at + 1 })} onClick={() => onChange(value.filter((_, i) => i !== at))} />
        </div>
      ))}
      <div>
        <Button size="small" icon={<PlusOutlined aria-hidden />} onClick={() => onChange([...value, [choices?.[0] ?? '', '']])}>
          {add}
        </Button>
      </div>
    </fieldset>
  )
}
