// Sets what starts of a risk class or of one capability need, or what publishing, settings and reviews need. A weaker rule may take the consent of others.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Checkbox, Input, InputNumber, Modal, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { groups } from '@/api/access'
import { approvals, type RuleTarget } from '@/api/approvals'
import type { Need, RoleName, Rule, RuleView } from '@/api/types'
import { ProblemNotice } from '@/parts/problem'
import { useChanged } from '@/parts/asked-toast'
import { CapabilityInput } from '@/parts/name-inputs'
import { Field } from '@/ui/field'

const ROLES: RoleName[] = ['approver', 'reviewer', 'tenant-admin']

export function RuleEdit({ view, onClose }: { view?: RuleView; onClose: () => void }) {
  const { t } = useTranslation()
  const changed = useChanged()
  const queries = useQueryClient()
  const was = view?.rule.need
  const [capability, setCapability] = useState(view?.capability ?? '')
  const [kind, setKind] = useState<Need['kind']>(was?.kind ?? 'approve')
  const [approvers, setApprovers] = useState(was?.kind === 'approve' ? was.approvers : 1)
  const [role, setRole] = useState<RoleName>(was?.kind === 'approve' ? was.role : 'approver')
  const [reason, setReason] = useState(view?.rule.reason_required ?? false)
  const [complete, setComplete] = useState(view?.rule.checklist_required ?? false)
  const [ticket, setTicket] = useState(view?.rule.ticket_pattern ?? '')
  const [minutes, setMinutes] = useState<number | null>(view?.rule.expires_s ? view.rule.expires_s / 60 : null)
  const [tried, setTried] = useState(false)
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const [after, setAfter] = useState<number | null>(view?.rule.escalation ? view.rule.escalation.after_s / 60 : null)
  const [goesTo, setGoesTo] = useState<RoleName>(view?.rule.escalation?.role ?? 'tenant-admin')
  const [why, setWhy] = useState('')
  const [group, setGroup] = useState<string | undefined>(view?.rule.group ?? undefined)
  const known = useQuery({ queryKey: ['groups'], queryFn: groups.list, retry: false })
  const about: RuleTarget = view?.risk ? { risk: view.risk } : view?.matter ? { matter: view.matter } : { capability: capability.trim() }
  const ofCapability = 'capability' in about
  const lacksName = ofCapability && !capability.trim()
  const send = async (work: () => Promise<unknown>) => {
    setTried(true)
    if (lacksName) return
    setBusy(true)
    setError(undefined)
    try {
      const answer = await work()
      await queries.invalidateQueries({ queryKey: ['rules'] })
      void queries.invalidateQueries({ queryKey: ['approvals'] })
      changed(answer, t('rule.saved'))
      onClose()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  const rule = (): Rule => ({
    need: kind === 'approve' ? { kind, approvers, role } : { kind },
    reason_required: reason,
    ...(view?.matter === 'publish' && complete ? { checklist_required: true } : {}),
    ticket_pattern: ticket.trim() || null,
    expires_s: minutes ? Math.round(minutes * 60) : null,
    group: kind === 'approve' ? (group ?? null) : null,
    escalation: kind === 'approve' && after ? { after_s: Math.round(after * 60), role: goesTo } : null,
  })
  const save = () => void send(() => approvals.setRule(about, rule(), why.trim()))
  return (
    <Modal
      open
      title={view?.risk ? t('rule.of_risk', { risk: t(`risk.${view.risk}`) }) : view?.matter ? t('rule.of_matter', { matter: t(`matter.${view.matter}`) }) : t('rule.of_capability')}
      onCancel={onClose}
      footer={
        <>
          {view?.set_at && (
            <Button disabled={busy} onClick={() => void send(() => approvals.resetRule(about, why.trim()))}>
              {t('rule.reset')}
            </Button>
          )}
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="primary" loading={busy} onClick={save}>
            {t('common.save')}
          </Button>
        </>
      }
    >
      <form
        className="stack wide"
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        {error !== undefined && <ProblemNotice error={error} />}
        {ofCapability && (
          <Field label={t('runs.capability')} required error={tried && lacksName && t('rules.required')}>
            {(id, described) => <CapabilityInput id={id} aria-describedby={described} aria-invalid={(tried && lacksName) || undefined} disabled={Boolean(view)} value={capability} onChange={setCapability} />}
          </Field>
        )}
        <Field label={t('rule.need')}>
          {(id) => (
            <Select
              id={id}
              value={kind}
              onChange={setKind}
              options={[
                { value: 'none', label: t('approvals.need_none') },
                ...(view?.matter ? [] : [{ value: 'confirm' as const, label: t('approvals.need_confirm') }]),
                { value: 'approve', label: t('rule.approve') },
              ]}
            />
          )}
        </Field>
        {kind === 'approve' && (
          <>
            <Field label={t('rule.approvers')}>{(id) => <InputNumber id={id} min={1} max={5} value={approvers} onChange={(value) => setApprovers(value ?? 1)} />}</Field>
            <Field label={t('rule.role')}>{(id) => <Select id={id} value={role} onChange={setRole} options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))} />}</Field>
            <Field label={t('rule.group')} help={t('rule.group_help')}>
              {(id, described) => <Select id={id} aria-describedby={described} allowClear value={group} onChange={setGroup} options={(known.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))} />}
            </Field>
          </>
        )}
        {view?.matter === 'publish' && (
          <Checkbox checked={complete} onChange={(event) => setComplete(event.target.checked)}>
            {t('rule.checklist_required')}
          </Checkbox>
        )}
        <Checkbox checked={reason} onChange={(event) => setReason(event.target.checked)}>
          {t('rule.reason_required')}
        </Checkbox>
        <Field label={t('rule.ticket')} help={t('rule.ticket_help')}>
          {(id, described) => <Input id={id} aria-describedby={described} spellCheck={false} maxLength={200} value={ticket} onChange={(event) => setTicket(event.target.value)} />}
        </Field>
        {kind !== 'none' && (
          <Field label={t('rule.minutes')} help={t('rule.minutes_help')}>
            {(id, described) => <InputNumber id={id} aria-describedby={described} min={1} max={43_200} value={minutes} onChange={setMinutes} />}
          </Field>
        )}
        {kind === 'approve' && (
          <fieldset className="group">
            <legend>{t('rule.escalation')}</legend>
            <div className="form-grid">
              <Field label={t('rule.escalation_after')}>{(id) => <InputNumber id={id} min={1} max={43_200} placeholder={t('rule.escalation_none')} value={after} onChange={setAfter} style={{ width: '100%' }} />}</Field>
              <Field label={t('rule.escalation_role')}>{(id) => <Select id={id} disabled={!after} value={goesTo} onChange={setGoesTo} options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))} />}</Field>
            </div>
          </fieldset>
        )}
        <Field label={t('approvals.why_change')} help={t('approvals.why_change_help')}>
          {(id, described) => <Input id={id} aria-describedby={described} maxLength={500} value={why} onChange={(event) => setWhy(event.target.value)} />}
        </Field>
        <p className="muted">{t('rule.voids')}</p>
        <button type="submit" hidden />
      </form>
    </Modal>
  )
}
