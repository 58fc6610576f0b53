// The run form, empty, from an example or from an earlier run.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { capabilities } from '@/api/capabilities'
import { identity } from '@/api/identity'
import { runs } from '@/api/runs'
import type { CapabilityDetail } from '@/api/types'
import { RunStart } from '@/forms/run-start'
import { useUrlState } from '@/hooks/url-state'
import { AccessAnswer } from '@/parts/access-answer'
import { Loaded } from '@/parts/loaded'
import { Notice } from '@/ui/notice'

export default function RunTab({ unit }: { unit: CapabilityDetail }) {
  const { t } = useTranslation()
  const [{ from, version: asked, example }] = useUrlState()
  const version = asked ? Number(asked) : undefined
  const earlier = useQuery({ queryKey: ['run', from], queryFn: ({ signal }) => runs.show(from ?? '', signal), enabled: Boolean(from) })
  const other = useQuery({ queryKey: ['capability', unit.name, 'version', version], queryFn: () => capabilities.version(unit.name, version ?? 0), enabled: version !== undefined })
  if (!unit.can_run && version === undefined) return unit.current ? <WhyNot name={unit.name} /> : <Notice tone="wait">{t('capabilities.nothing_published')}</Notice>
  if (from) return <Loaded query={earlier}>{(run) => <RunStart key={run.id} unit={unit} from={run} />}</Loaded>
  if (version !== undefined) return <Loaded query={other}>{(found) => <RunStart key={version} unit={{ ...unit, manifest: found.manifest }} version={version} />}</Loaded>
  return <RunStart key={unit.version} unit={unit} given={example ? unit.manifest.examples?.[Number(example)] : undefined} />
}

/** Which rule refuses it, and what would help. */
function WhyNot({ name }: { name: string }) {
  const { t } = useTranslation()
  const said = useQuery({ queryKey: ['why', 'capability.run', name], queryFn: () => identity.explain({ action: 'capability.run', resource: { kind: 'capability', name } }) })
  return <Loaded query={said}>{(found) => <AccessAnswer said={found} title={t('capabilities.may_not_run')} />}</Loaded>
}
