// Lets a tenant, or some of its spaces, use a resource.
import { Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { resources } from '@/api/resources'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function ResourceGrant({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation()
  const [tenant, setTenant] = useState('default')
  const [spaces, setSpaces] = useState<string[]>([])
  return (
    <FormDialog title={t('resource.grant_title', { name })} ok={t('resource.grant')} complete={Boolean(tenant.trim())} work={() => resources.grant(name, tenant.trim(), spaces)} refresh={[['resources']]} done={t('resource.granted', { name, tenant: tenant.trim() })} onClose={onClose}>
      {(tried) => (
        <>
          <Field label={t('audit.tenant')} required error={tried && !tenant.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} autoFocus maxLength={40} spellCheck={false} value={tenant} onChange={(event) => setTenant(event.target.value)} />}
          </Field>
          <Field label={t('resource.spaces')} help={t('resource.spaces_help')}>
            {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={spaces} onChange={setSpaces} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
