// Makes a webhook for a capability: where the inputs are, who may deliver, how fast.
import { Input, InputNumber, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { webhooks } from '@/api/webhooks'
import type { WebhookMade } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { readJson } from '@/parts/http-request'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'

export function WebhookAdd({ capability, onClose, onMade }: { capability: string; onClose: () => void; onMade: (made: WebhookMade) => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [at, setAt] = useState('')
  const [fixed, setFixed] = useState('')
  const [sources, setSources] = useState<string[]>([])
  const [rate, setRate] = useState<number | null>(60)
  const given = fixed.trim() === '' ? {} : readJson(fixed)?.value
  const badFixed = typeof given !== 'object' || given === null || Array.isArray(given)
  const add = async () => onMade(await webhooks.add({ name: name.trim(), capability, inputs_at: at.trim() || null, fixed: given as Record<string, never>, sources, rate_per_minute: rate }))
  return (
    <FormDialog title={t('webhook.add')} ok={t('webhook.add')} complete={Boolean(name.trim()) && !badFixed} work={add} refresh={[['webhooks']]} onClose={onClose}>
      {(tried) => (
        <>
          <Notice>{t('webhook.rights')}</Notice>
          <Field label={t('webhook.name')} required error={tried && !name.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} autoFocus maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label={t('webhook.inputs_at')} help={t('webhook.inputs_at_help')}>
            {(id, described) => <Input id={id} aria-describedby={described} className="mono" spellCheck={false} placeholder="/order" value={at} onChange={(event) => setAt(event.target.value)} />}
          </Field>
          <Field label={t('webhook.fixed')} help={t('webhook.fixed_help')} error={tried && badFixed && t('webhook.fixed_bad')}>
            {(id, described) => <Input.TextArea id={id} aria-describedby={described} className="mono" rows={2} spellCheck={false} placeholder='{ "region": "north" }' value={fixed} onChange={(event) => setFixed(event.target.value)} />}
          </Field>
          <Field label={t('webhook.sources')} help={t('webhook.sources_help')}>
            {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} tokenSeparators={[' ', ',']} placeholder="10.1.0.0/16" value={sources} onChange={setSources} />}
          </Field>
          <Field label={t('webhook.rate')}>{(id) => <InputNumber id={id} min={1} max={6000} precision={0} value={rate} onChange={setRate} style={{ width: '100%' }} />}</Field>
        </>
      )}
    </FormDialog>
  )
}
