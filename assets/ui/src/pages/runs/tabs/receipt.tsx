// The signed receipt: what it says, and whether its signature is that of this appliance.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { audit } from '@/api/audit'
import { runs, runUrl } from '@/api/runs'
import type { RunDetail } from '@/api/types'
import { type Check, checkEnvelope, decodePayload, type Envelope } from '@/parts/envelope'
import { Loaded } from '@/parts/loaded'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { Empty } from '@/ui/empty'
import { JsonTree } from '@/ui/json-tree'
import { Notice } from '@/ui/notice'

export default function Receipt({ run }: { run: RunDetail }) {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['receipt', run.id], queryFn: () => runs.receipt(run.id), enabled: Boolean(run.finished_at), retry: false })
  if (!run.finished_at) return <Empty why={t('receipt.later')} />
  return <Loaded query={query}>{(envelope) => <Body run={run} envelope={envelope as unknown as Envelope} />}</Loaded>
}

function Body({ run, envelope }: { run: RunDetail; envelope: Envelope }) {
  const { t } = useTranslation()
  const [check, setCheck] = useState<Check>()
  const key = useQuery({ queryKey: ['audit', 'key'], queryFn: audit.key, staleTime: Number.POSITIVE_INFINITY, retry: false })
  const verify = async () => setCheck(await checkEnvelope(envelope, key.data, { run: run.id, inputs: run.inputs_digest, version: run.version_digest }))
  return (
    <div className="two-columns">
      <Card title={t('receipt.statement')}>
        <JsonTree value={decodePayload(envelope)} />
      </Card>
      <div className="stack wide">
        <Card title={t('receipt.verify_title')}>
          <div className="stack">
            <p>{t('receipt.what')}</p>
            <div className="row">
              <Button type="primary" onClick={() => void verify()}>
                {t('receipt.verify')}
              </Button>
              <a href={runUrl.receipt(run.id)} download={`${run.id}.receipt.json`}>
                {t('common.download')}
              </a>
            </div>
            {run.actions.includes('artifact.download') && (
              <p>
                <a href={runUrl.evidence(run.id)} download={`${run.id}.evidence.zip`} data-evidence>
                  {t('receipt.evidence')}
                </a>{' '}
                <span className="muted">{t('receipt.evidence_what')}</span>
              </p>
            )}
            {check && (
              <Notice tone={check.ok ? 'ok' : check.known ? 'bad' : 'wait'} title={t(`receipt.${check.said}`)} live>
                {check.matches.map((one) => (
                  <div key={one.name}>
                    {t(`receipt.match_${one.name}`)}: {t(one.ok ? 'common.yes' : 'common.no')}
                  </div>
                ))}
              </Notice>
            )}
            <p className="muted">
              {t('receipt.offline')} <code>execgov receipt verify {run.id}.receipt.json</code>
            </p>
            <Link href={paths.help('how-to/verify-a-receipt')}>{t('receipt.learn')}</Link>
          </div>
        </Card>
        <Card title={t('receipt.signatures')}>
          {envelope.signatures.map((signature) => (
            <div key={signature.sig} className="stack tight">
              <code className="break">{signature.keyid}</code>
              <code className="break muted">{signature.sig}</code>
            </div>
          ))}
        </Card>
      </div>
    </div>
  )
}
