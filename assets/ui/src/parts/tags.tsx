// States in words, with an icon and a colour: the one map for all pages.
import {
  CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, EditOutlined, HourglassOutlined, InboxOutlined, LoadingOutlined, MinusCircleOutlined,
  PauseCircleOutlined, SafetyOutlined, StopOutlined, ThunderboltOutlined, WarningOutlined,
} from '@ant-design/icons'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import type { Outcome, Phase, Risk, VersionState } from '@/api/types'

type Look = [tone: string, icon: ComponentType<{ 'aria-hidden'?: boolean; spin?: boolean }>]

const PHASE: Record<Phase, Look> = {
  requested: ['', ClockCircleOutlined],
  awaiting_confirmation: ['wait', PauseCircleOutlined],
  awaiting_approval: ['wait', HourglassOutlined],
  queued: ['', ClockCircleOutlined],
  running: ['busy', LoadingOutlined],
  succeeded: ['ok', CheckCircleOutlined],
  failed: ['bad', CloseCircleOutlined],
  timed_out: ['bad', HourglassOutlined],
  cancelled: ['', StopOutlined],
  interrupted: ['bad', ThunderboltOutlined],
  declined: ['', MinusCircleOutlined],
  rejected: ['deny', StopOutlined],
  expired: ['', HourglassOutlined],
}

export function PhaseTag({ phase }: { phase: Phase }) {
  const { t } = useTranslation()
  const [tone, Icon] = PHASE[phase] ?? ['', ClockCircleOutlined]
  return (
    <span className={`tag ${tone}`} data-phase={phase}>
      <Icon aria-hidden />
      {t(`phase.${phase}`)}
    </span>
  )
}

const RISK: Record<Risk, Look> = {
  low: ['', SafetyOutlined],
  medium: ['', SafetyOutlined],
  high: ['wait', WarningOutlined],
  critical: ['bad', WarningOutlined],
}

export function RiskTag({ risk }: { risk: Risk }) {
  const { t } = useTranslation()
  const [tone, Icon] = RISK[risk]
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden />
      {t(`risk.${risk}`)}
    </span>
  )
}

const VERSION: Record<VersionState, Look> = {
  draft: ['wait', EditOutlined],
  in_review: ['wait', HourglassOutlined],
  published: ['ok', CheckCircleOutlined],
  deprecated: ['', InboxOutlined],
  retired: ['', StopOutlined],
}

export function VersionTag({ state }: { state: VersionState }) {
  const { t } = useTranslation()
  const [tone, Icon] = VERSION[state]
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden />
      {t(`version_state.${state}`)}
    </span>
  )
}

const OUTCOME: Record<Outcome, Look> = {
  done: ['ok', CheckCircleOutlined],
  refused: ['deny', StopOutlined],
  failed: ['bad', CloseCircleOutlined],
}

export function OutcomeTag({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation()
  const [tone, Icon] = OUTCOME[outcome]
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden />
      {t(`outcome.${outcome}`)}
    </span>
  )
}

export function PlainTag({ children }: { children: string }) {
  return <span className="tag plain">{children}</span>
}
