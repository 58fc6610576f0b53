// Whose people are meant, for who looks after every tenant. With one tenant there is nothing to choose.
import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { tenants } from '@/api/tenants'
import { may, useMe } from '@/hooks/me'

export function useTenants() {
  const me = useMe()
  const query = useQuery({ queryKey: ['tenants'], queryFn: tenants.list, enabled: may(me, 'tenant.view'), staleTime: 30_000 })
  return query.data?.items ?? []
}

export function TenantPicker({ value, onChange, id }: { value: string; onChange: (key: string) => void; id?: string }) {
  const { t } = useTranslation()
  const all = useTenants()
  return (
    <Select
      id={id}
      aria-label={t('audit.tenant')}
      showSearch={{ optionFilterProp: 'label' }}
      style={{ minWidth: '12rem' }}
      value={value}
      onChange={onChange}
      options={all.map((tenant) => ({ value: tenant.key, label: tenant.title === tenant.key ? tenant.key : `${tenant.title} (${tenant.key})` }))}
    />
  )
}
