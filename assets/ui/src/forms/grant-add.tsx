// Gives a role to a person or a group, in the tenant or at one place, for good or until a moment.
import { useQuery } from '@tanstack/react-query'
import { AutoComplete, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { access, groups, spaces } from '@/api/access'
import { identity } from '@/api/identity'
import { parseLocal } from '@/format'
import { useTime } from '@/hooks/time'
import { FormDialog } from '@/parts/form-dialog'
import { PersonInput } from '@/parts/name-inputs'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'

/** Roles that are given to accounts only. */
const ACCOUNT_ONLY = ['platform-admin', 'auditor']

export function GrantAdd({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const { zone } = useTime()
  const [kind, setKind] = useState<'user' | 'group'>('user')
  const [holder, setHolder] = useState('')
  const [role, setRole] = useState('')
  const [place, setPlace] = useState('')
  const [until, setUntil] = useState('')
  const [reason, setReason] = useState('')
  const roles = useQuery({ queryKey: ['roles'], queryFn: identity.roles, staleTime: 300_000 })
  const known = useQuery({ queryKey: ['groups'], queryFn: groups.list, retry: false })
  const places = useQuery({ queryKey: ['spaces'], queryFn: spaces.list, retry: false })
  const ends = until ? parseLocal(until, zone) : undefined
  const wrongTime = until !== '' && !ends
  const choices = [
    ...(roles.data?.items ?? []).filter((one) => !ACCOUNT_ONLY.includes(one.name)).map((one) => ({ value: one.name as string, label: t(`role.${one.name}`) })),
    ...(roles.data?.custom ?? []).map((one) => ({ value: one.name, label: one.name })),
  ]
  const somewhere = (places.data?.items ?? []).filter((space) => space.kind === 'team').flatMap((space) => [space.name, ...space.folders])
  return (
    <FormDialog
      title={t('grant.add')}
      ok={t('grant.add')}
      complete={Boolean(holder.trim() && role) && !wrongTime}
      work={() => access.give({ [kind]: holder.trim(), role, place: place.trim() || null, until: ends ?? null, reason: reason.trim() || null })}
      refresh={[['grants'], ['roles']]}
      done={t('grant.added', { role, holder: holder.trim() })}
      onClose={onClose}
    >
      {(tried) => (
        <>
          <Field label={t('grant.kind')}>
            {(id) => <Select id={id} value={kind} onChange={(value) => { setKind(value); setHolder('') }} options={(['user', 'group'] as const).map((value) => ({ value, label: t(`grant.kinds.${value}`) }))} style={{ width: '100%' }} />}
          </Field>
          <Field label={t(`grant.kinds.${kind}`)} required error={tried && !holder.trim() && t('rules.required')}>
            {(id, described) =>
              kind === 'user' ? (
                <PersonInput id={id} aria-describedby={described} aria-invalid={(tried && !holder.trim()) || undefined} value={holder} onChange={setHolder} />
              ) : (
                <Select id={id} aria-describedby={described} value={holder || undefined} onChange={setHolder} options={(known.data?.items ?? []).map((group) => ({ value: group.name, label: group.name }))} style={{ width: '100%' }} />
              )
            }
          </Field>
          <Field label={t('grant.role')} required error={tried && !role && t('rules.required')}>
            {(id, described) => <Select id={id} aria-describedby={described} showSearch value={role || undefined} onChange={setRole} options={choices} style={{ width: '100%' }} />}
          </Field>
          <Field label={t('grant.place')} help={t('grant.place_help')}>
            {(id, described) => <AutoComplete id={id} aria-describedby={described} allowClear value={place} onChange={(value) => setPlace(value ?? '')} options={somewhere.map((value) => ({ value }))} style={{ width: '100%' }} />}
          </Field>
          <Field label={t('grant.until')} help={t('group.until_help', { zone })} error={tried && wrongTime && t('rules.invalid')}>
            {(id, described) => <DateInput id={id} aria-describedby={described} moment value={until} onChange={setUntil} />}
          </Field>
          <Field label={t('grant.reason')}>{(id) => <Input id={id} maxLength={120} value={reason} onChange={(event) => setReason(event.target.value)} />}</Field>
        </>
      )}
    </FormDialog>
  )
}
