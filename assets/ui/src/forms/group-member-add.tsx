// Puts a person into a group, for good or until a day.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { groups } from '@/api/access'
import { parseLocal } from '@/format'
import { useTime } from '@/hooks/time'
import { FormDialog } from '@/parts/form-dialog'
import { PersonInput } from '@/parts/name-inputs'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'

export function GroupMemberAdd({ group, onClose }: { group: string; onClose: () => void }) {
  const { t } = useTranslation()
  const { zone } = useTime()
  const [user, setUser] = useState('')
  const [until, setUntil] = useState('')
  const ends = until ? parseLocal(until, zone) : undefined
  const wrongTime = until !== '' && !ends
  return (
    <FormDialog
      title={t('group.add_member_of', { name: group })}
      ok={t('group.add_member')}
      complete={Boolean(user.trim()) && !wrongTime}
      work={() => groups.addMember(group, user.trim(), ends)}
      refresh={[['groups']]}
      done={t('group.member_added', { user: user.trim() })}
      onClose={onClose}
    >
      {(tried) => (
        <>
          <Field label={t('group.person')} required error={tried && !user.trim() && t('rules.required')}>
            {(id, described) => <PersonInput id={id} aria-describedby={described} aria-invalid={(tried && !user.trim()) || undefined} value={user} onChange={setUser} />}
          </Field>
          <Field label={t('group.until')} help={t('group.until_help', { zone })} error={tried && wrongTime && t('rules.invalid')}>
            {(id, described) => <DateInput id={id} aria-describedby={described} moment value={until} onChange={setUntil} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
