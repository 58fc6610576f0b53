// The state of a request for approval, and what a rule asks for, in words.
import { CheckCircleOutlined, HourglassOutlined, MinusCircleOutlined, StopOutlined, WarningOutlined } from '@ant-design/icons'
import type { TFunction } from 'i18next'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApprovalState, MatterKind, Need } from '@/api/types'

const LOOK: Record<ApprovalState, [tone: string, icon: ComponentType<{ 'aria-hidden'?: boolean }>]> = {
  open: ['wait', HourglassOutlined],
  approved: ['ok', CheckCircleOutlined],
  rejected: ['deny', StopOutlined],
  withdrawn: ['', MinusCircleOutlined],
  expired: ['', HourglassOutlined],
  voided: ['', WarningOutlined],
}

/** The answer to a review is no approval: the run is over. */
export function ApprovalTag({ state, matter }: { state: ApprovalState; matter?: MatterKind }) {
  const { t } = useTranslation()
  const [tone, Icon] = LOOK[state]
  const word = matter === 'review' && state === 'approved' ? 'approvals.right' : matter === 'review' && state === 'rejected' ? 'approvals.wrong' : `approval_state.${state}`
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden />
      {t(word)}
    </span>
  )
}

export function needText(t: TFunction, need: Need): string {
  if (need.kind === 'approve') return t('approvals.need_approve', { count: need.approvers, role: t(`role.${need.role}`) })
  return t(need.kind === 'confirm' ? 'approvals.need_confirm' : 'approvals.need_none')
}
