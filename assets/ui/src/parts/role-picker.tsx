// Roles to hold, each with what it is for.
import { Checkbox } from 'antd'
import { useTranslation } from 'react-i18next'
import type { RoleName } from '@/api/types'

export const ROLES: RoleName[] = ['platform-admin', 'tenant-admin', 'author', 'reviewer', 'operator', 'approver', 'auditor', 'viewer']

export function RolePicker({ value, onChange, disabled }: { value: RoleName[]; onChange: (roles: RoleName[]) => void; disabled?: boolean }) {
  const { t } = useTranslation()
  return (
    <fieldset className="group">
      <legend>{t('users.roles')}</legend>
      <div className="stack tight">
        {ROLES.map((role) => (
          <div key={role}>
            <Checkbox checked={value.includes(role)} disabled={disabled} onChange={(event) => onChange(ROLES.filter((one) => (one === role ? event.target.checked : value.includes(one))))}>
              {t(`role.${role}`)} <span className="muted role-what">{t(`role_what.${role}`)}</span>
            </Checkbox>
          </div>
        ))}
      </div>
    </fieldset>
  )
}
