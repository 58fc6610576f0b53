// Filters of a run list, and views: sets of filters under a name, kept in this browser.
import { Button, Dropdown, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearch } from 'wouter'
import type { Phase } from '@/api/types'
import { parseLocal } from '@/format'
import { useTime } from '@/hooks/time'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'
import { PhaseTag } from './tags'

export interface RunFilterState {
  capability?: string
  phase?: string
  requester?: string
  trigger?: string
  label?: string
  from?: string
  to?: string
}

/** Every member of a union of the API, in this order: the type checker says when one is missing. */
const every = <T extends string>(all: Record<T, true>) => Object.keys(all) as T[]

const PHASES = every<Phase>({
  requested: true, awaiting_confirmation: true, awaiting_approval: true, queued: true, running: true, succeeded: true, failed: true,
  timed_out: true, cancelled: true, interrupted: true, declined: true, rejected: true, expired: true,
})
const TRIGGERS = ['console', 'cli', 'api', 'test', 'webhook']

export function RunFilters({ state, onChange }: { state: RunFilterState; onChange: (change: Record<string, string | null>, how?: 'push' | 'replace') => void }) {
  const { t } = useTranslation()
  const [more, setMore] = useState(Boolean(state.trigger || state.label || state.from || state.to))
  return (
    <div className="filters" role="search">
      <Select
        mode="multiple"
        aria-label={t('runs.state')}
        placeholder={t('runs.any_state')}
        value={state.phase ? state.phase.split(',') : []}
        onChange={(values: string[]) => onChange({ phase: values.join(',') })}
        options={PHASES.map((phase) => ({ value: phase, label: t(`phase.${phase}`) }))}
        optionRender={(option) => <PhaseTag phase={option.value as Phase} />}
        maxTagCount="responsive"
        showSearch={false}
        style={{ minWidth: 200, maxWidth: 320 }}
      />
      <Typed key={`c ${state.capability ?? ''}`} label={t('runs.capability')} value={state.capability} onChange={(capability) => onChange({ capability })} />
      <Typed key={`r ${state.requester ?? ''}`} label={t('runs.requester')} value={state.requester} onChange={(requester) => onChange({ requester })} />
      {more ? (
        <>
          <Select
            aria-label={t('runs.trigger')}
            value={state.trigger ?? ''}
            onChange={(value) => onChange({ trigger: value })}
            options={[{ value: '', label: t('runs.any_trigger') }, ...TRIGGERS.map((value) => ({ value, label: t(`trigger.${value}`) }))]}
            style={{ minWidth: 120 }}
          />
          <Typed key={`l ${state.label ?? ''}`} label={t('runs.label')} value={state.label} onChange={(label) => onChange({ label })} />
          <Moment key={`f ${state.from ?? ''}`} label={t('runs.from')} value={state.from} onChange={(from) => onChange({ from })} />
          <Moment key={`t ${state.to ?? ''}`} label={t('runs.to')} value={state.to} onChange={(to) => onChange({ to })} />
        </>
      ) : (
        <Button type="link" size="small" onClick={() => setMore(true)}>
          {t('runs.more_filters')}
        </Button>
      )}
      <span className="grow" />
      <Views storeKey="execgov.views.runs" onUse={(search) => onChange(Object.fromEntries(['capability', 'phase', 'requester', 'trigger', 'label', 'from', 'to'].map((key) => [key, new URLSearchParams(search).get(key)])))} />
    </div>
  )
}

/** A text filter that takes effect on Enter or when it is left. */
export function Typed({ label, value, onChange, width = 170 }: { label: string; value?: string; onChange: (value: string) => void; width?: number }) {
  const [text, setText] = useState(value ?? '')
  const take = () => text.trim() !== (value ?? '') && onChange(text.trim())
  return <Input aria-label={label} placeholder={label} allowClear value={text} onChange={(event) => { setText(event.target.value); if (event.target.value === '' && value) onChange('') }} onPressEnter={take} onBlur={take} style={{ width }} />
}

export function Moment({ label, value, onChange }: { label: string; value?: string; onChange: (value: string) => void }) {
  const { zone } = useTime()
  const [text, setText] = useState(value ?? '')
  const wrong = text.trim() !== '' && parseLocal(text, zone) === undefined
  return (
    <span style={{ width: 190 }} onKeyDown={(event) => event.key === 'Enter' && !wrong && onChange(text.trim())}>
      <DateInput
        moment
        label={`${label} (${zone})`}
        aria-invalid={wrong || undefined}
        value={text}
        onChange={(next) => {
          setText(next)
          if (next === '' || next.length === 16) onChange(next)
        }}
        onBlur={() => !wrong && text.trim() !== (value ?? '') && onChange(text.trim())}
      />
    </span>
  )
}

/** Saved addresses of this page. */
export function Views({ storeKey, onUse }: { storeKey: string; onUse: (search: string) => void }) {
  const { t } = useTranslation()
  const search = useSearch()
  const [saved, setSaved] = useState<Record<string, string>>(() => {
    try {
      return JSON.parse(localStorage.getItem(storeKey) ?? '{}') as Record<string, string>
    } catch {
      return {}
    }
  })
  const [naming, setNaming] = useState<string>()
  const store = (next: Record<string, string>) => {
    setSaved(next)
    localStorage.setItem(storeKey, JSON.stringify(next))
  }
  const save = () => {
    if (!naming?.trim()) return
    store({ ...saved, [naming.trim()]: search })
    setNaming(undefined)
  }
  return (
    <>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            ...Object.entries(saved).map(([name, where]) => ({ key: `view ${name}`, label: name, onClick: () => onUse(where) })),
            ...(Object.keys(saved).length > 0 ? [{ type: 'divider' as const }] : []),
            { key: 'save', label: t('views.save'), onClick: () => setNaming('') },
            ...Object.keys(saved).map((name) => ({ key: `drop ${name}`, label: t('views.drop', { name }), onClick: () => store(Object.fromEntries(Object.entries(saved).filter(([other]) => other !== name))) })),
          ],
        }}
      >
        <Button size="small">{t('views.title')}</Button>
      </Dropdown>
      <Modal open={naming !== undefined} title={t('views.save')} okText={t('common.save')} cancelText={t('common.cancel')} onCancel={() => setNaming(undefined)} onOk={save} okButtonProps={{ disabled: !naming?.trim() }}>
        <Field label={t('views.name')}>{(id) => <Input id={id} autoFocus value={naming ?? ''} onChange={(event) => setNaming(event.target.value)} onPressEnter={save} />}</Field>
      </Modal>
    </>
  )
}
