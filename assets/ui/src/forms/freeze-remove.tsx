// Removes a freeze, or asks others to agree to that where nobody decides alone.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { freezes } from '@/api/freezes'
import type { FreezeView } from '@/api/types'
import { useChanged } from '@/parts/asked-toast'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function FreezeRemove({ freeze, onClose }: { freeze: FreezeView; onClose: () => void }) {
  const { t } = useTranslation()
  const changed = useChanged()
  const [reason, setReason] = useState('')
  return (
    <FormDialog
      title={t('freeze.remove_title', { name: freeze.name })}
      ok={t('freeze.remove')}
      danger
      complete
      work={async () => changed(await freezes.remove(freeze.id, reason.trim()), t('freeze.removed', { name: freeze.name }))}
      refresh={[['freezes'], ['approvals']]}
      onClose={onClose}
    >
      {() => (
        <>
          {freeze.holds_until && <p>{t('freeze.remove_in_force')}</p>}
          <Field label={t('approvals.why_change')} help={t('approvals.why_change_help')}>
            {(id, described) => <Input id={id} aria-describedby={described} autoFocus maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
