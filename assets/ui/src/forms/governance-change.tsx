// Chooses how the appliance is governed.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { governance } from '@/api/governance'
import type { Mode } from '@/api/types'
import { useChanged } from '@/parts/asked-toast'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function GovernanceChange({ mode, onClose }: { mode: Mode; onClose: () => void }) {
  const { t } = useTranslation()
  const changed = useChanged()
  const [reason, setReason] = useState('')
  return (
    <FormDialog
      title={t(`governance.to_${mode}`)}
      ok={t(`governance.to_${mode}`)}
      danger={mode === 'solo'}
      complete
      work={async () => changed(await governance.set(mode, reason.trim()), t('governance.changed'))}
      refresh={[['governance'], ['me'], ['approvals'], ['rules']]}
      onClose={onClose}
    >
      {() => (
        <>
          <p>{t(`governance.to_${mode}_what`)}</p>
          <Field label={t('approvals.why_change')}>{(id) => <Input id={id} autoFocus maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}</Field>
        </>
      )}
    </FormDialog>
  )
}
