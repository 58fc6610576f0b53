// Asks for consent to every run of one version with inputs of one pattern, until a date.
import { useQuery } from '@tanstack/react-query'
import { Input, InputNumber, Segmented, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { capabilities } from '@/api/capabilities'
import { governance } from '@/api/governance'
import type { JsonSchema } from '@/api/types'
import { parseLocal } from '@/format'
import { useTime } from '@/hooks/time'
import { useChanged } from '@/parts/asked-toast'
import { FormDialog } from '@/parts/form-dialog'
import type { Matcher } from '@/parts/matcher'
import { CapabilityInput } from '@/parts/name-inputs'
import { typedValue } from '@/parts/typed-value'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'

type How = 'any' | 'equals' | 'one_of' | 'matches' | 'between'

interface Row {
  how: How
  text: string
  list: string[]
  least: number | null
  most: number | null
}

const FIRST: Row = { how: 'equals', text: '', list: [], least: null, most: null }

function matcherOf(row: Row, schema: JsonSchema | undefined): Matcher {
  if (row.how === 'any') return 'any'
  if (row.how === 'equals') return { equals: typedValue(row.text, schema) }
  if (row.how === 'one_of') return { one_of: row.list.map((one) => typedValue(one, schema)) }
  if (row.how === 'matches') return { matches: row.text }
  return { between: { least: row.least ?? 0, most: row.most ?? 0 } }
}

export function StandingAsk({ capability: given, onClose }: { capability?: string; onClose: () => void }) {
  const { t } = useTranslation()
  const { zone } = useTime()
  const changed = useChanged()
  const [capability, setCapability] = useState(given ?? '')
  const [rows, setRows] = useState<Record<string, Row>>({})
  const [holder, setHolder] = useState<'requester' | 'everybody'>('requester')
  const [until, setUntil] = useState('')
  const [reason, setReason] = useState('')
  const unit = useQuery({ queryKey: ['capability', capability.trim()], queryFn: () => capabilities.show(capability.trim()), enabled: capability.trim() !== '', retry: false })
  const properties = (unit.data?.manifest.inputs.properties ?? {}) as Record<string, JsonSchema>
  const names = Object.keys(properties)
  const row = (name: string) => rows[name] ?? FIRST
  const set = (name: string, change: Partial<Row>) => setRows({ ...rows, [name]: { ...row(name), ...change } })
  const ends = until ? parseLocal(until, zone) : undefined
  return (
    <FormDialog
      title={t('standing.ask')}
      ok={t('standing.ask')}
      width={640}
      complete={Boolean(unit.data && ends && reason.trim())}
      work={async () => changed(await governance.askStanding({ capability: capability.trim(), inputs: Object.fromEntries(names.map((name) => [name, matcherOf(row(name), properties[name])])), holder, until: ends ?? '', reason: reason.trim() }), t('standing.asked'))}
      refresh={[['standing'], ['approvals']]}
      onClose={onClose}
    >
      {(tried) => (
        <>
          <Field label={t('runs.capability')} required error={tried && !unit.data && (capability.trim() ? t('standing.no_such') : t('rules.required'))}>
            {(id, described) => <CapabilityInput id={id} aria-describedby={described} aria-invalid={(tried && !unit.data) || undefined} value={capability} onChange={setCapability} />}
          </Field>
          <fieldset className="group">
            <legend>{t('standing.pattern')}</legend>
            <div className="stack">
              <p className="muted">{t(unit.data ? 'standing.pattern_help' : 'standing.choose_first')}</p>
              {names.map((name) => (
                <div key={name} className="row">
                  <code style={{ minWidth: 90 }}>{name}</code>
                  <Select aria-label={t('standing.how', { name })} value={row(name).how} onChange={(how: How) => set(name, { how })} style={{ minWidth: 150 }} options={(['equals', 'one_of', 'matches', 'between', 'any'] as const).map((value) => ({ value, label: t(`standing.${value}`) }))} />
                  <Value name={name} row={row(name)} set={(change) => set(name, change)} />
                </div>
              ))}
            </div>
          </fieldset>
          <Segmented
            aria-label={t('standing.holder')}
            value={holder}
            onChange={setHolder}
            options={[
              { value: 'requester', label: t('standing.requester') },
              { value: 'everybody', label: t('standing.everybody') },
            ]}
          />
          <Field label={t('standing.until')} required help={zone} error={tried && !ends && t('rules.required')}>
            {(id, described) => <DateInput id={id} aria-describedby={described} aria-invalid={(tried && !ends) || undefined} moment value={until} onChange={setUntil} />}
          </Field>
          <Field label={t('common.reason')} required error={tried && !reason.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !reason.trim()) || undefined} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}

function Value({ name, row, set }: { name: string; row: Row; set: (change: Partial<Row>) => void }) {
  const { t } = useTranslation()
  if (row.how === 'any') return null
  if (row.how === 'one_of') return <Select aria-label={t('standing.value', { name })} mode="tags" open={false} suffixIcon={null} placeholder={t('standing.values_help')} value={row.list} onChange={(list: string[]) => set({ list })} style={{ flex: 1, minWidth: 160 }} />
  if (row.how === 'between') {
    return (
      <>
        <InputNumber aria-label={t('standing.least', { name })} value={row.least} onChange={(least) => set({ least })} />
        <InputNumber aria-label={t('standing.most', { name })} value={row.most} onChange={(most) => set({ most })} />
      </>
    )
  }
  return <Input aria-label={t('standing.value', { name })} value={row.text} onChange={(event) => set({ text: event.target.value })} style={{ flex: 1, minWidth: 160 }} />
}
