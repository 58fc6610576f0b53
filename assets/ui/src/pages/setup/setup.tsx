// From an empty box to the first run: language and zone, administrator, transport, host check, a sample. Each step has an address;
// what was entered (but no secret) survives a reload.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Redirect, useLocation } from 'wouter'
import { identity } from '@/api/identity'
import { useUrlState } from '@/hooks/url-state'
import { Bare } from '@/layouts/bare'
import { Loaded } from '@/parts/loaded'
import { paths } from '@/paths'
import { Steps } from '@/ui/steps'
import { AdminStep } from './steps/admin'
import { HostStep } from './steps/host'
import { LanguageStep } from './steps/language'
import { SampleStep } from './steps/sample'
import { TransportStep } from './steps/transport'

const STEPS = ['language', 'admin', 'transport', 'host', 'sample'] as const
type Step = (typeof STEPS)[number]

export default function Setup() {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  const [state, change] = useUrlState()
  const query = useQuery({ queryKey: ['setup'], queryFn: identity.setupState, retry: false })
  const me = useQuery({ queryKey: ['me'], queryFn: identity.me, retry: false })
  const [begun] = useState(() => Boolean(state.step))
  useEffect(() => {
    document.title = `${t('setup.title')} · ExecGov`
  }, [t])
  const step: Step = STEPS.includes(state.step as Step) ? (state.step as Step) : 'language'
  const go = (next: Step) => change({ step: next })
  return (
    <Bare title={t('setup.title')} wide>
      <Loaded query={query}>
        {(setup) => {
          // Set up already and nobody signed in: this page has nothing to offer.
          if (!setup.open && !me.data && !me.isPending) return <Redirect to={paths.signIn()} replace />
          if (!setup.open && !begun && state.step === undefined) return <Redirect to={paths.home()} replace />
          const at: Step = setup.open && STEPS.indexOf(step) > 1 ? 'admin' : !setup.open && STEPS.indexOf(step) < 2 ? 'transport' : step
          return (
            <>
              <Steps label={t('setup.title')} current={STEPS.indexOf(at)} steps={STEPS.map((one) => t(`setup.step_${one}`))} />
              {at === 'language' && <LanguageStep onNext={() => go('admin')} />}
              {at === 'admin' && (
                <AdminStep
                  onBack={() => go('language')}
                  onNext={async () => {
                    await queries.invalidateQueries({ queryKey: ['me'] })
                    await queries.invalidateQueries({ queryKey: ['setup'] })
                    go('transport')
                  }}
                />
              )}
              {at === 'transport' && <TransportStep onNext={() => go('host')} />}
              {at === 'host' && <HostStep onBack={() => go('transport')} onNext={() => go('sample')} />}
              {at === 'sample' && <SampleStep onBack={() => go('host')} onDone={(to) => navigate(to)} />}
            </>
          )
        }}
      </Loaded>
    </Bare>
  )
}
