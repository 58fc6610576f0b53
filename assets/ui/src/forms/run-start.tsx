// Starts a run: inputs on the left, what would happen on the right. Drafts survive reload and a lost session.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Checkbox, Dropdown, Input, Select } from 'antd'
import { lazy, Suspense, useDeferredValue, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { capabilities } from '@/api/capabilities'
import { ApiError } from '@/api/http'
import { runs } from '@/api/runs'
import type { CapabilityDetail, JsonObject, Plan, PlanError, RunDetail } from '@/api/types'
import { useLeaveGuard } from '@/hooks/leave-guard'
import { asCli, asCurl } from '@/parts/commands'
import { InputDiff } from '@/parts/input-diff'
import { PlanPanel } from '@/parts/plan-panel'
import { Presets } from '@/parts/presets'
import { ProblemNotice } from '@/parts/problem'
import type { SchemaFormHandle } from '@/parts/schema-form'
import { sameJson, startValues, withoutEmpty } from '@/parts/schema-model'
import { useToast } from '@/parts/toast'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { copyText } from '@/ui/copy'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Skeleton } from '@/ui/skeleton'

const SchemaForm = lazy(() => import('@/parts/schema-form'))

interface Props {
  unit: CapabilityDetail
  /** The run that is repeated. */
  from?: RunDetail
  /** Run this version instead of the current one. */
  version?: number
  given?: JsonObject
}

export function RunStart({ unit, from, version, given }: Props) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const toast = useToast()
  const queries = useQueryClient()
  const schema = unit.manifest.inputs
  const draftKey = `execgov.draft.${unit.name}${from ? `.${from.id}` : ''}`
  const [initial] = useState(() => startValues(schema, from?.inputs ?? given))
  const [values, setValues] = useState<JsonObject>(() => readDraft(draftKey) ?? initial)
  const [reason, setReason] = useState('')
  const [ticket, setTicket] = useState('')
  const [override, setOverride] = useState(false)
  const [glass, setGlass] = useState(false)
  const [priority, setPriority] = useState(5)
  const [plan, setPlan] = useState<Plan | undefined>()
  const [error, setError] = useState<unknown>()
  const [wrong, setWrong] = useState<PlanError[]>([])
  const [busy, setBusy] = useState<'dry' | 'start' | undefined>()
  // The form comes in a file of its own: a button pressed before it is there would do nothing.
  const [ready, setReady] = useState(false)
  const form = useRef<SchemaFormHandle>(null)
  const key = useRef(crypto.randomUUID())
  const dirty = !sameJson(withoutEmpty(values), withoutEmpty(initial))
  const leave = useLeaveGuard(dirty)

  useEffect(() => {
    if (dirty) sessionStorage.setItem(draftKey, JSON.stringify(values))
    else sessionStorage.removeItem(draftKey)
  }, [values, dirty, draftKey])

  // The plan beside the form follows what is typed, a moment later, and never stands in the way.
  const asked = useDeferredValue(JSON.stringify(withoutEmpty(values)))
  const live = useQuery({
    queryKey: ['plan', unit.name, version, asked],
    queryFn: async () => {
      await new Promise((done) => setTimeout(done, 400))
      return capabilities.plan(unit.name, JSON.parse(asked) as JsonObject, version)
    },
    placeholderData: (old) => old,
    retry: false,
    staleTime: 30_000,
  })
  const shown = plan ?? live.data

  const take = (cause: unknown) => {
    const errors = cause instanceof ApiError ? (cause.problem.errors ?? []) : []
    setWrong(errors)
    setError(errors.length > 0 ? undefined : cause)
  }
  const dryRun = async () => {
    setError(undefined)
    setWrong([])
    const inputs = form.current?.check()
    if (!inputs) return
    setBusy('dry')
    try {
      const found = await capabilities.plan(unit.name, inputs, version)
      setPlan(found)
      setWrong(found.errors)
      if (found.errors.length === 0) toast.done(t('run_form.dry_fine'))
    } catch (cause) {
      take(cause)
    } finally {
      setBusy(undefined)
    }
  }
  const start = async () => {
    setError(undefined)
    setWrong([])
    const inputs = form.current?.check()
    if (!inputs) return
    setBusy('start')
    try {
      const run = await runs.start({ capability: unit.name, version: version ?? null, inputs, reason: reason.trim() || null, ticket: ticket.trim() || null, override_freeze: frozen && override && !atOnce, break_glass: atOnce, priority, rerun_of: from?.id ?? null }, key.current)
      sessionStorage.removeItem(draftKey)
      leave.allow()
      void queries.invalidateQueries({ queryKey: ['runs'] })
      navigate(paths.run(run.id))
    } catch (cause) {
      // Not answered: the same key makes a second try safe. Refused: the next try is another request.
      if (!(cause instanceof ApiError && cause.status === 0)) key.current = crypto.randomUUID()
      take(cause)
    } finally {
      setBusy(undefined)
    }
  }
  const copy = (text: string) => void copyText(text).then(() => toast.done(t('common.copied')))
  const refused = shown?.verdict === 'refused'
  const frozen = shown?.verdict === 'frozen'
  // Going ahead without asking is offered to whoever may, and only where something would have to be asked.
  const mayBreak = unit.actions.includes('capability.break_glass') && shown !== undefined && ['needs_approval', 'frozen'].includes(shown.verdict)
  const atOnce = mayBreak && glass
  const needsReason = (shown?.needs.rule.reason_required ?? false) || (frozen && override) || atOnce
  const needsTicket = Boolean(shown?.needs.rule.ticket_pattern)
  const inputs = withoutEmpty(values)
  return (
    <div className="two-columns">
      <Card
        title={from ? t('run_form.repeat', { id: from.id }) : t('run_form.inputs')}
        extra={
          <>
            {dirty && <span className="dirty">{t('common.unsaved')}</span>}
            <Presets capability={unit.name} examples={unit.manifest.examples ?? []} values={inputs} onUse={(preset) => setValues(startValues(schema, preset))} />
          </>
        }
      >
        <div className="stack wide">
          {error !== undefined && <ProblemNotice error={error} />}
          {from && from.version !== (version ?? unit.current) && <Notice tone="wait">{t('run_form.other_version', { was: from.version, now: version ?? unit.current })}</Notice>}
          <Suspense fallback={<Skeleton label={t('common.loading')} rows={6} />}>
            <SchemaForm
              ref={form}
              schema={schema}
              values={values}
              onChange={(next) => {
                setValues(next)
                setPlan(undefined)
                if (wrong.length > 0) setWrong([])
              }}
              onSubmit={() => void start()}
              onReady={() => setReady(true)}
              serverErrors={wrong}
            />
          </Suspense>
          {Object.keys((schema.properties ?? {}) as object).length === 0 && <p className="muted">{t('run_form.no_inputs')}</p>}
          <details open={needsReason || needsTicket || undefined}>
            <summary>{t('run_form.more')}</summary>
            <div className="form-grid" style={{ paddingTop: 12 }}>
              <Field label={t('run_form.reason')} required={needsReason} help={t('run_form.reason_help')} error={wrong.find((one) => one.pointer === '/reason')?.message}>
                {(id, described) => <Input id={id} aria-describedby={described} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
              </Field>
              {needsTicket && (
                <Field label={t('approvals.ticket')} required help={<code>{shown?.needs.rule.ticket_pattern}</code>} error={wrong.find((one) => one.pointer === '/ticket')?.message}>
                  {(id, described) => <Input id={id} aria-describedby={described} spellCheck={false} maxLength={100} value={ticket} onChange={(event) => setTicket(event.target.value)} />}
                </Field>
              )}
              <Field label={t('run_form.priority')} help={t('run_form.priority_help')}>
                {(id, described) => (
                  <Select id={id} aria-describedby={described} value={priority} onChange={setPriority} options={[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((value) => ({ value, label: String(value) }))} />
                )}
              </Field>
            </div>
          </details>
          {frozen && (
            <Checkbox checked={override} onChange={(event) => setOverride(event.target.checked)}>
              {t('freeze.override')}
            </Checkbox>
          )}
          {mayBreak && (
            <div className="stack tight">
              <Checkbox checked={glass} onChange={(event) => setGlass(event.target.checked)}>
                {t('run_form.glass')}
              </Checkbox>
              {glass && <Notice tone="wait">{t('run_form.glass_what')}</Notice>}
            </div>
          )}
          {from && <InputDiff before={from.inputs} after={inputs} schema={schema} />}
          <div className="row">
            <Button type="primary" loading={busy === 'start'} danger={atOnce} disabled={refused || !ready || (frozen && !override && !atOnce)} title={refused ? t('run_form.refused') : frozen && !override && !atOnce ? t('freeze.stops') : undefined} onClick={() => void start()}>
              {t(atOnce ? 'run_form.glass_start' : from ? 'run_form.start_again' : 'run_form.start')}
            </Button>
            <Button loading={busy === 'dry'} disabled={!ready} onClick={() => void dryRun()}>
              {t('run_form.dry')}
            </Button>
            <Dropdown
              trigger={['click']}
              menu={{
                items: [
                  { key: 'cli', label: t('run_form.copy_cli'), onClick: () => copy(asCli(unit.name, version, inputs)) },
                  { key: 'curl', label: t('run_form.copy_curl'), onClick: () => copy(asCurl(window.location.origin, unit.name, version, inputs)) },
                ],
              }}
            >
              <Button>{t('run_form.copy_as')}</Button>
            </Dropdown>
            {dirty && (
              <Button type="text" onClick={() => setValues(initial)}>
                {t('run_form.reset')}
              </Button>
            )}
            <span className="muted">
              <kbd>Ctrl</kbd> <kbd>Enter</kbd>
            </span>
          </div>
        </div>
      </Card>
      <Card title={t('plan.title')}>
        {shown ? <PlanPanel plan={shown} /> : live.error ? <ProblemNotice error={live.error} onRetry={() => void live.refetch()} /> : <Skeleton label={t('common.loading')} />}
      </Card>
    </div>
  )
}

function readDraft(key: string): JsonObject | undefined {
  try {
    const text = sessionStorage.getItem(key)
    return text ? (JSON.parse(text) as JsonObject) : undefined
  } catch {
    return undefined
  }
}
