// Two runs side by side: why was it different?
import { useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { runs } from '@/api/runs'
import type { RunDetail } from '@/api/types'
import { formatDuration, shortId } from '@/format'
import { useUrlState } from '@/hooks/url-state'
import { ActorName } from '@/parts/actor'
import { Loaded } from '@/parts/loaded'
import { PhaseTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { ChangeTable } from '@/parts/version-diff'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Facts } from '@/ui/facts'
import { Field } from '@/ui/field'
import { Page } from '@/ui/page'
import { Skeleton } from '@/ui/skeleton'

const LogDiff = lazy(() => import('@/parts/log-diff'))

export default function Compare() {
  const { t } = useTranslation()
  const [state, change] = useUrlState()
  const { left, right } = state
  const query = useQuery({ queryKey: ['compare', left, right], queryFn: () => runs.compare(left ?? '', right ?? ''), enabled: Boolean(left && right) })
  return (
    <Page title={t('compare.title')} crumbs={[{ to: paths.runs(), text: t('nav.runs') }]} meta={<ZoneNote />}>
      <div className="stack wide">
        {!(left && right) && <Choose key={`${left} ${right}`} left={left} right={right} onDone={(a, b) => change({ left: a, right: b })} />}
        {left && right && (
          <Loaded query={query}>
            {(found) => (
              <>
                <div className="halves">
                  <Side run={found.left} />
                  <Side run={found.right} />
                </div>
                {found.left.version !== found.right.version && found.left.capability === found.right.capability && (
                  <Link href={paths.diff(found.left.capability, Math.min(found.left.version, found.right.version), Math.max(found.left.version, found.right.version))}>{t('compare.version_diff')}</Link>
                )}
                {found.inputs.length > 0 && <ChangeTable title={t('diff.inputs')} changes={found.inputs} />}
                {found.result.length > 0 && <ChangeTable title={t('run.result')} changes={found.result} />}
                {found.environment.length > 0 && <ChangeTable title={t('timeline.environment')} changes={found.environment} />}
                {found.inputs.length + found.result.length + found.environment.length === 0 && <p className="muted">{t('compare.same')}</p>}
                <Suspense fallback={<Skeleton label={t('common.loading')} />}>
                  <LogDiff left={found.left.id} right={found.right.id} />
                </Suspense>
                <div>
                  <Button onClick={() => change({ right: null })}>{t('compare.other')}</Button>
                </div>
              </>
            )}
          </Loaded>
        )}
      </div>
    </Page>
  )
}

function Choose({ left, right, onDone }: { left?: string; right?: string; onDone: (left: string, right: string) => void }) {
  const { t } = useTranslation()
  const [a, setA] = useState(left ?? '')
  const [b, setB] = useState(right ?? '')
  return (
    <Card>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (a.trim() && b.trim()) onDone(a.trim(), b.trim())
        }}
      >
        <div className="form-grid">
          <Field label={t('compare.left')} required>{(id) => <Input id={id} value={a} placeholder="run_…" onChange={(event) => setA(event.target.value)} />}</Field>
          <Field label={t('compare.right')} required>{(id) => <Input id={id} value={b} placeholder="run_…" autoFocus onChange={(event) => setB(event.target.value)} />}</Field>
        </div>
        <div>
          <Button type="primary" htmlType="submit" disabled={!a.trim() || !b.trim()}>
            {t('compare.title')}
          </Button>
        </div>
      </form>
    </Card>
  )
}

function Side({ run }: { run: RunDetail }) {
  const { t } = useTranslation()
  return (
    <Card title={<Link href={paths.run(run.id)}>{shortId(run.id)}</Link>} extra={<PhaseTag phase={run.phase} />}>
      <Facts
        items={[
          [t('runs.capability'), <Link key="c" href={paths.capability(run.capability)}>{run.capability}</Link>],
          [t('runs.version'), run.version],
          [t('runs.requester'), <ActorName key="a" actor={run.requester} />],
          [t('runs.created'), <Time key="t" at={run.created_at} />],
          [t('runs.wall'), formatDuration(run.wall_ms)],
          [t('runs.exit'), run.exit_code],
          [t('plan.inputs_digest'), <code key="d">{run.inputs_digest.slice(0, 16)}</code>],
        ]}
      />
    </Card>
  )
}
