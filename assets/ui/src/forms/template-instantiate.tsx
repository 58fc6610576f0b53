// Makes a capability from a template, with defaults of its own.
import { Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { templates } from '@/api/templates'
import type { JsonSchema, TemplateView } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { typedValue } from '@/parts/typed-value'
import { paths } from '@/paths'
import { Field } from '@/ui/field'

export function TemplateInstantiate({ template, onClose }: { template: TemplateView; onClose: () => void }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const [name, setName] = useState('')
  const [space, setSpace] = useState('')
  const [release, setRelease] = useState<number | undefined>(template.releases.at(-1)?.number)
  const [texts, setTexts] = useState<Record<string, string>>({})
  const properties = (template.inputs.properties ?? {}) as Record<string, JsonSchema>
  const make = async () => {
    const values = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '').map(([input, text]) => [input, typedValue(text, properties[input])]))
    await templates.instantiate(template.name, { name: name.trim(), values, space: space.trim() || null, release: release ?? null })
    navigate(paths.capability(name.trim(), 'versions'))
  }
  return (
    <FormDialog title={t('template.instantiate_title', { name: template.name })} ok={t('template.instantiate')} width={640} complete={Boolean(name.trim())} work={make} refresh={[['templates'], ['capabilities']]} done={t('template.made', { name: name.trim() })} onClose={onClose}>
      {(tried) => (
        <>
          <div className="form-grid">
            <Field label={t('template.instance_name')} required error={tried && !name.trim() && t('rules.required')}>
              {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !name.trim()) || undefined} autoFocus spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}
            </Field>
            <Field label={t('template.space')} help={template.spaces.length > 0 ? template.spaces.join(', ') : t('template.space_help')}>
              {(id, described) => <Input id={id} aria-describedby={described} spellCheck={false} value={space} onChange={(event) => setSpace(event.target.value)} />}
            </Field>
            <Field label={t('template.newest')}>
              {(id) => <Select id={id} value={release} onChange={setRelease} options={[...template.releases].reverse().map((one) => ({ value: one.number, label: t('template.release', { n: one.number }) }))} style={{ width: '100%' }} />}
            </Field>
          </div>
          {Object.keys(properties).length > 0 && (
            <fieldset className="group">
              <legend>{t('template.values')}</legend>
              <p className="muted">{t('template.values_help')}</p>
              <div className="form-grid">
                {Object.entries(properties).map(([input, schema]) => (
                  <Field key={input} label={<code>{input}</code>} help={schema.description as string | undefined}>
                    {(id, described) => <Input id={id} aria-describedby={described} placeholder={schema.default === undefined ? undefined : JSON.stringify(schema.default)} value={texts[input] ?? ''} onChange={(event) => setTexts({ ...texts, [input]: event.target.value })} />}
                  </Field>
                ))}
              </div>
            </fieldset>
          )}
        </>
      )}
    </FormDialog>
  )
}
