// Names that exist: people and capabilities are proposed as they are typed, to those who may see them.
import { useQuery } from '@tanstack/react-query'
import { AutoComplete, Select } from 'antd'
import { useDeferredValue, useState } from 'react'
import { capabilities } from '@/api/capabilities'
import { identity } from '@/api/identity'
import { may, useMe } from '@/hooks/me'

interface Props {
  id?: string
  value: string
  onChange: (value: string) => void
  placeholder?: string
  disabled?: boolean
  'aria-describedby'?: string
  'aria-invalid'?: true
  'aria-label'?: string
}

export function PersonInput(props: Props) {
  const me = useMe()
  const q = useDeferredValue(props.value.trim())
  const found = useQuery({ queryKey: ['users', 'names', q], queryFn: () => identity.users({ q, limit: 8 }), enabled: may(me, 'user.view'), staleTime: 30_000 })
  return <AutoComplete {...props} allowClear options={(found.data?.items ?? []).map((user) => ({ value: user.name, label: user.display_name === user.name ? user.name : `${user.name} · ${user.display_name}` }))} style={{ width: '100%' }} />
}

export function CapabilityInput(props: Props) {
  const q = useDeferredValue(props.value.trim())
  const found = useQuery({ queryKey: ['capabilities', 'names', q], queryFn: ({ signal }) => capabilities.list({ q, limit: 8 }, signal), staleTime: 30_000 })
  return <AutoComplete {...props} allowClear options={(found.data?.items ?? []).map((unit) => ({ value: unit.name }))} style={{ width: '100%' }} />
}

/** Any number of capabilities. */
export function CapabilitiesInput({ id, described, value, onChange }: { id: string; described?: string; value: string[]; onChange: (value: string[]) => void }) {
  const [typed, setTyped] = useState('')
  const q = useDeferredValue(typed.trim())
  const found = useQuery({ queryKey: ['capabilities', 'names', q], queryFn: ({ signal }) => capabilities.list({ q, limit: 8 }, signal), staleTime: 30_000 })
  return <Select id={id} aria-describedby={described} mode="tags" showSearch={{ onSearch: setTyped }} value={value} onChange={onChange} options={(found.data?.items ?? []).map((unit) => ({ value: unit.name, label: unit.name }))} />
}
