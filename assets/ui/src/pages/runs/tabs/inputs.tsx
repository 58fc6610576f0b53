// With which inputs, allowed by what, and whom it repeats.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { capabilities } from '@/api/capabilities'
import { runs } from '@/api/runs'
import type { RunDetail } from '@/api/types'
import { shortId } from '@/format'
import { CredentialsUsed } from '@/parts/credentials-used'
import { InputDiff } from '@/parts/input-diff'
import { titleAt } from '@/parts/schema-model'
import { PlainTag } from '@/parts/tags'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { Facts } from '@/ui/facts'

export default function Inputs({ run }: { run: RunDetail }) {
  const { t } = useTranslation()
  const version = useQuery({ queryKey: ['capability', run.capability, 'version', run.version], queryFn: () => capabilities.version(run.capability, run.version), retry: false })
  const earlier = useQuery({ queryKey: ['run', run.rerun_of], queryFn: ({ signal }) => runs.show(run.rerun_of ?? '', signal), enabled: Boolean(run.rerun_of), retry: false })
  const schema = version.data?.manifest.inputs ?? {}
  const entries = Object.entries(run.inputs)
  return (
    <div className="two-columns">
      <div className="stack wide">
        <Card title={t('run.tab_inputs')} flush extra={<CopyButton text={JSON.stringify(run.inputs, null, 2)} label={t('run.copy_inputs')} />}>
          {entries.length === 0 ? (
            <p className="card-body muted">{t('run_form.no_inputs')}</p>
          ) : (
            <table className="table">
              <tbody>
                {entries.map(([name, value]) => (
                  <tr key={name}>
                    <th scope="row" className="fit">
                      {titleAt(schema, `/${name}`)}
                    </th>
                    <td className="wrap break">
                      <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Card>
        <CredentialsUsed run={run} />
        {earlier.data && (
          <Card title={t('run.against', { id: shortId(earlier.data.id) })}>
            <InputDiff before={earlier.data.inputs} after={run.inputs} schema={schema} />
          </Card>
        )}
      </div>
      <Card title={t('common.details')}>
        <Facts
          items={[
            [t('plan.inputs_digest'), <code key="d" className="break">{run.inputs_digest}</code>],
            [t('versions.digest'), <code key="v" className="break">{run.version_digest}</code>],
            [t('run.allowed_by'), run.allowed_by.map((policy) => <div key={policy}><code>{policy}</code></div>)],
            [t('run.reason'), run.reason],
            [t('run_form.priority'), run.priority],
            [t('audit.source'), run.source],
            run.rerun_of ? [t('run.rerun_of'), <Link key="r" href={paths.run(run.rerun_of)}>{shortId(run.rerun_of)}</Link>] : null,
            [t('runs.labels'), Object.entries(run.labels ?? {}).map(([key, value]) => <PlainTag key={key}>{value ? `${key}=${value}` : key}</PlainTag>)],
          ]}
        />
      </Card>
    </div>
  )
}
