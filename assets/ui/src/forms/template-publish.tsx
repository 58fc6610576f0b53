// Makes a published version a template, or the next release of one.
import { Input, InputNumber, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { templates } from '@/api/templates'
import { may, useMe } from '@/hooks/me'
import { FormDialog } from '@/parts/form-dialog'
import { CapabilityInput } from '@/parts/name-inputs'
import { Field } from '@/ui/field'

export function TemplatePublish({ was, onClose }: { was?: { name: string; capability?: string | null }; onClose: () => void }) {
  const { t } = useTranslation()
  const me = useMe()
  const [capability, setCapability] = useState(was?.capability ?? '')
  const [version, setVersion] = useState<number | null>(null)
  const [name, setName] = useState(was?.name ?? '')
  const [description, setDescription] = useState('')
  const [changelog, setChangelog] = useState('')
  const [tenants, setTenants] = useState<string[]>([])
  const [spaces, setSpaces] = useState<string[]>([])
  const wish = () => ({
    capability: capability.trim(),
    version,
    name: name.trim() || null,
    description: description.trim() || null,
    changelog: changelog.trim(),
    tenants: tenants.length > 0 ? tenants : null,
    spaces: spaces.length > 0 ? spaces : null,
  })
  return (
    <FormDialog title={t('template.publish')} ok={t('template.publish')} width={640} complete={Boolean(capability.trim() && changelog.trim())} work={() => templates.publish(wish())} refresh={[['templates']]} done={t('template.published', { name: name.trim() || capability.trim() })} onClose={onClose}>
      {(tried) => (
        <>
          <p>{t('template.publish_what')}</p>
          <div className="form-grid">
            <Field label={t('runs.capability')} required error={tried && !capability.trim() && t('rules.required')}>
              {(id, described) => <CapabilityInput id={id} aria-describedby={described} aria-invalid={(tried && !capability.trim()) || undefined} disabled={Boolean(was?.capability)} value={capability} onChange={setCapability} />}
            </Field>
            <Field label={t('template.version')} help={t('template.version_help')}>
              {(id, described) => <InputNumber id={id} aria-describedby={described} min={1} value={version} onChange={setVersion} style={{ width: '100%' }} />}
            </Field>
          </div>
          <Field label={t('template.changelog')} required error={tried && !changelog.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !changelog.trim()) || undefined} maxLength={200} value={changelog} onChange={(event) => setChangelog(event.target.value)} />}
          </Field>
          <Field label={t('template.name')} help={t('template.name_help')}>
            {(id, described) => <Input id={id} aria-describedby={described} disabled={Boolean(was)} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label={t('template.description')} help={t('template.description_help')}>
            {(id, described) => <Input.TextArea id={id} aria-describedby={described} rows={2} maxLength={2000} value={description} onChange={(event) => setDescription(event.target.value)} />}
          </Field>
          <Field label={t('template.spaces')} help={t('template.spaces_help')}>
            {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={spaces} onChange={setSpaces} />}
          </Field>
          {may(me, 'settings.update') && (
            <Field label={t('template.tenants')} help={t('template.tenants_help')}>
              {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={tenants} onChange={setTenants} />}
            </Field>
          )}
        </>
      )}
    </FormDialog>
  )
}
