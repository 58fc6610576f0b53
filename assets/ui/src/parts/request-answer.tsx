// What is made of the answer of a request: which statuses are good, what becomes the result, pages, and when it is sent again.
import { Input, InputNumber, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { Card } from '@/ui/card'
import { Field } from '@/ui/field'
import { isSafe, mayRepeat, type PagesKind, type RequestForm } from './http-request'

const PAGES: PagesKind[] = ['none', 'cursor', 'page', 'offset', 'link']

export function RequestAnswer({ form, onChange }: { form: RequestForm; onChange: (change: Partial<RequestForm>) => void }) {
  const { t } = useTranslation()
  const repeats = mayRepeat(form)
  const paged = form.pages !== 'none'
  return (
    <Card title={t('request.answer')}>
      <div className="form-grid">
        <Field label={t('request.success')} help={t('request.success_help')}>
          {(id, described) => <Input id={id} aria-describedby={described} spellCheck={false} value={form.success} onChange={(event) => onChange({ success: event.target.value })} />}
        </Field>
        <Field label={t('request.extract')} help={t('request.extract_help')}>
          {(id, described) => <Input id={id} aria-describedby={described} className="mono" spellCheck={false} placeholder="/data" value={form.extract} onChange={(event) => onChange({ extract: event.target.value })} />}
        </Field>
        <Field label={t('request.artifact')} help={t('request.artifact_help')}>
          {(id, described) => <Input id={id} aria-describedby={described} spellCheck={false} placeholder="orders.json" value={form.artifact} onChange={(event) => onChange({ artifact: event.target.value })} />}
        </Field>
        {!isSafe(form.method) && (
          <Field label={t('request.idempotency')} help={t('request.idempotency_help')}>
            {(id, described) => <Input id={id} aria-describedby={described} spellCheck={false} placeholder="Idempotency-Key" value={form.idempotencyHeader} onChange={(event) => onChange({ idempotencyHeader: event.target.value })} />}
          </Field>
        )}
        <Field label={t('request.tries')} help={t(repeats ? 'request.tries_help' : 'request.tries_unsafe')}>
          {(id, described) => <InputNumber id={id} aria-describedby={described} min={1} max={5} precision={0} disabled={!repeats} value={repeats ? form.tries : 1} onChange={(value) => onChange({ tries: value ?? 1 })} style={{ width: '100%' }} />}
        </Field>
        {isSafe(form.method) && (
          <Field label={t('request.pages')}>{(id) => <Select id={id} value={form.pages} onChange={(pages) => onChange({ pages })} options={PAGES.map((value) => ({ value, label: t(`request.pages_${value}`) }))} style={{ width: '100%' }} />}</Field>
        )}
        {isSafe(form.method) && paged && (
          <>
            {form.pages !== 'link' && <Field label={t('request.pages_param')}>{(id) => <Input id={id} spellCheck={false} placeholder="page" value={form.pagesParam} onChange={(event) => onChange({ pagesParam: event.target.value })} />}</Field>}
            {form.pages === 'cursor' && <Field label={t('request.pages_next')}>{(id) => <Input id={id} className="mono" spellCheck={false} placeholder="/next" value={form.pagesNext} onChange={(event) => onChange({ pagesNext: event.target.value })} />}</Field>}
            {form.pages === 'offset' && <Field label={t('request.pages_step')}>{(id) => <InputNumber id={id} min={1} precision={0} value={form.pagesStep} onChange={(value) => onChange({ pagesStep: value ?? 1 })} style={{ width: '100%' }} />}</Field>}
            <Field label={t('request.pages_items')}>{(id) => <Input id={id} className="mono" spellCheck={false} value={form.pagesItems} onChange={(event) => onChange({ pagesItems: event.target.value })} />}</Field>
            <Field label={t('request.pages_max')}>{(id) => <InputNumber id={id} min={1} max={1000} precision={0} value={form.pagesMax} onChange={(value) => onChange({ pagesMax: value ?? 1 })} style={{ width: '100%' }} />}</Field>
          </>
        )}
      </div>
    </Card>
  )
}
