// Says who may use a secret: a capability of the tenant and how it is handed over, or a resource of the platform.
import { useQuery } from '@tanstack/react-query'
import { Radio, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { resources } from '@/api/resources'
import { secrets } from '@/api/secrets'
import type { SecretDelivery, SecretDetail, SecretDomain } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { CapabilityInput } from '@/parts/name-inputs'
import { Field } from '@/ui/field'

export function SecretGrant({ domain, secret, onClose }: { domain: SecretDomain; secret: SecretDetail; onClose: () => void }) {
  const { t } = useTranslation()
  const [to, setTo] = useState('')
  const [delivery, setDelivery] = useState<SecretDelivery>('file')
  const resource = domain === 'platform'
  const known = useQuery({ queryKey: ['resources'], queryFn: resources.list, enabled: resource })
  const named = resource ? (known.data?.items.find((one) => one.id === to)?.name ?? to) : to.trim()
  return (
    <FormDialog
      title={t('secret.grant_title', { name: secret.name })}
      ok={t('secret.grant')}
      complete={Boolean(to.trim())}
      work={() => secrets.grant(domain, secret.name, resource ? { resource: to, delivery: 'file' } : { capability: to.trim(), delivery })}
      refresh={[['secrets']]}
      done={t('secret.granted', { name: secret.name, to: named })}
      onClose={onClose}
    >
      {(tried) =>
        resource ? (
          <Field label={t('secret.resource')} required help={t('secret.resource_help')} error={tried && !to && t('rules.required')}>
            {(id, described) => (
              <Select
                id={id}
                aria-describedby={described}
                showSearch={{ optionFilterProp: 'label' }}
                value={to || undefined}
                onChange={setTo}
                options={(known.data?.items ?? []).map((one) => ({ value: one.id, label: `${one.name} · ${one.hosts.join(', ')}` }))}
                style={{ width: '100%' }}
              />
            )}
          </Field>
        ) : (
          <>
            <Field label={t('runs.capability')} required error={tried && !to.trim() && t('rules.required')}>
              {(id, described) => <CapabilityInput id={id} aria-describedby={described} aria-invalid={tried && !to.trim() ? true : undefined} value={to} onChange={(value) => setTo(value ?? '')} />}
            </Field>
            <Field label={t('secret.delivery')} help={t(`secret.delivery_help_${delivery}`)}>
              {(id, described) => (
                <Radio.Group id={id} aria-describedby={described} aria-label={t('secret.delivery')} value={delivery} onChange={(event) => setDelivery(event.target.value as SecretDelivery)} options={(['file', 'env'] as const).map((value) => ({ value, label: t(`secret.as_${value}`) }))} />
              )}
            </Field>
          </>
        )
      }
    </FormDialog>
  )
}
