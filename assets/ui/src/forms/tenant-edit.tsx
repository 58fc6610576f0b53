// Makes a tenant, or gives one another title.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { tenants } from '@/api/tenants'
import type { TenantView } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function TenantEdit({ tenant, onClose }: { tenant?: TenantView; onClose: () => void }) {
  const { t } = useTranslation()
  const [key, setKey] = useState(tenant?.key ?? '')
  const [title, setTitle] = useState(tenant?.title ?? '')
  return (
    <FormDialog
      title={tenant ? t('tenant.rename_one', { name: tenant.key }) : t('tenant.add')}
      ok={t(tenant ? 'tenant.rename' : 'tenant.add')}
      complete={Boolean(key.trim() && (!tenant || title.trim()))}
      work={() => (tenant ? tenants.change(tenant.key, { title: title.trim() }) : tenants.add({ key: key.trim(), title: title.trim() || null }))}
      refresh={[['tenants']]}
      done={t(tenant ? 'tenant.renamed' : 'tenant.added', { name: key.trim() })}
      onClose={onClose}
    >
      {(tried) => (
        <>
          {!tenant && (
            <Field label={t('tenant.key')} required help={t('tenant.key_help')} error={tried && !key.trim() && t('rules.required')}>
              {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !key.trim()) || undefined} autoFocus maxLength={40} spellCheck={false} value={key} onChange={(event) => setKey(event.target.value)} />}
            </Field>
          )}
          <Field label={t('tenant.title')} required={Boolean(tenant)} help={t('tenant.title_help')} error={tried && tenant && !title.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && tenant && !title.trim()) || undefined} autoFocus={Boolean(tenant)} maxLength={120} value={title} onChange={(event) => setTitle(event.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
