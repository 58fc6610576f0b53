// Writes or changes the draft of an announcement.
import { Checkbox, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { announcements } from '@/api/announcements'
import type { AnnouncementView, RoleName } from '@/api/types'
import { parseLocal } from '@/format'
import { may, useMe } from '@/hooks/me'
import { useTime } from '@/hooks/time'
import { FormDialog } from '@/parts/form-dialog'
import { paths } from '@/paths'
import { DateInput } from '@/ui/date-input'
import { Field } from '@/ui/field'

const ROLES: RoleName[] = ['platform-admin', 'tenant-admin', 'author', 'reviewer', 'operator', 'approver', 'auditor', 'viewer']
const SEVERITIES = ['info', 'warning', 'critical'] as const

export function AnnouncementEdit({ was, onClose }: { was?: AnnouncementView; onClose: () => void }) {
  const { t } = useTranslation()
  const me = useMe()
  const { zone, time } = useTime()
  const [, navigate] = useLocation()
  const [title, setTitle] = useState(was?.title ?? '')
  const [body, setBody] = useState(was?.body ?? '')
  const [severity, setSeverity] = useState<AnnouncementView['severity']>(was?.severity ?? 'info')
  const [roles, setRoles] = useState<RoleName[]>(was?.roles ?? [])
  // Who keeps the platform may speak to everybody; others speak to their own tenant.
  const everywhere = may(me, 'settings.update')
  const [tenants, setTenants] = useState<string[]>(was?.tenants ?? (everywhere ? [] : [me?.tenant ?? '']))
  const [starts, setStarts] = useState(was?.starts_at ? time(was.starts_at).slice(0, 16) : '')
  const [ends, setEnds] = useState(was?.ends_at ? time(was.ends_at).slice(0, 16) : '')
  const [acknowledge, setAcknowledge] = useState(was?.acknowledge ?? false)
  const [from, to] = [starts ? parseLocal(starts, zone) : undefined, ends ? parseLocal(ends, zone) : undefined]
  const wrong = (text: string, parsed?: string) => text !== '' && !parsed
  const save = async () => {
    const wish = { title: title.trim(), body: body.trim(), severity, tenants, roles, starts_at: from ?? null, ends_at: to ?? null, acknowledge }
    const saved = was ? await announcements.edit(was.id, wish) : await announcements.draft(wish)
    if (!was) navigate(paths.announcement(saved.id))
  }
  return (
    <FormDialog title={t(was ? 'announcement.edit' : 'announcement.write')} ok={t('common.save')} width={640} complete={Boolean(title.trim() && body.trim()) && !wrong(starts, from) && !wrong(ends, to)} work={save} refresh={[['announcements']]} done={t('announcement.saved')} onClose={onClose}>
      {(tried) => (
        <>
          <Field label={t('announcement.title')} required error={tried && !title.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} aria-invalid={(tried && !title.trim()) || undefined} autoFocus maxLength={120} value={title} onChange={(event) => setTitle(event.target.value)} />}
          </Field>
          <Field label={t('announcement.body')} required error={tried && !body.trim() && t('rules.required')}>
            {(id, described) => <Input.TextArea id={id} aria-describedby={described} aria-invalid={(tried && !body.trim()) || undefined} rows={5} maxLength={4000} value={body} onChange={(event) => setBody(event.target.value)} />}
          </Field>
          <div className="form-grid">
            <Field label={t('announcement.severity')}>{(id) => <Select id={id} value={severity} onChange={setSeverity} options={SEVERITIES.map((value) => ({ value, label: t(`announcement.${value}`) }))} style={{ width: '100%' }} />}</Field>
            <Field label={t('announcement.for_roles')} help={t('announcement.for_roles_help')}>
              {(id, described) => <Select id={id} aria-describedby={described} mode="multiple" value={roles} onChange={setRoles} options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))} style={{ width: '100%' }} />}
            </Field>
            {everywhere && (
              <Field label={t('announcement.for_tenants')} help={t('announcement.for_tenants_help')}>
                {(id, described) => <Select id={id} aria-describedby={described} mode="tags" open={false} suffixIcon={null} value={tenants} onChange={setTenants} style={{ width: '100%' }} />}
              </Field>
            )}
            <Field label={t('announcement.starts')} help={t('announcement.starts_help', { zone })} error={tried && wrong(starts, from) && t('rules.invalid')}>
              {(id, described) => <DateInput id={id} aria-describedby={described} moment value={starts} onChange={setStarts} />}
            </Field>
            <Field label={t('announcement.ends')} help={zone} error={tried && wrong(ends, to) && t('rules.invalid')}>
              {(id, described) => <DateInput id={id} aria-describedby={described} moment value={ends} onChange={setEnds} />}
            </Field>
          </div>
          <Checkbox checked={acknowledge} onChange={(event) => setAcknowledge(event.target.checked)}>
            {t('announcement.acknowledge')}
          </Checkbox>
        </>
      )}
    </FormDialog>
  )
}
