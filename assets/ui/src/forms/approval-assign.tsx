// Says who shall look at a request first.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { approvals } from '@/api/approvals'
import type { ApprovalDetail } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { PersonInput } from '@/parts/name-inputs'
import { Field } from '@/ui/field'

export function ApprovalAssign({ request, onClose }: { request: ApprovalDetail; onClose: () => void }) {
  const { t } = useTranslation()
  const [user, setUser] = useState(request.assignee?.name ?? '')
  return (
    <FormDialog title={t('approvals.assign_title')} ok={t('approvals.assign')} complete work={() => approvals.assign(request.id, user.trim())} refresh={[['approvals']]} done={t('approvals.assigned_done')} onClose={onClose}>
      {() => (
        <>
          <p>{t('approvals.assign_what')}</p>
          <Field label={t('group.person')} help={t('approvals.assign_help')}>
            {(id, described) => <PersonInput id={id} aria-describedby={described} value={user} onChange={setUser} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
