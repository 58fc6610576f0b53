// One entry with its exact bytes, its leaf hash and the proof that the log holds it, checked again in this browser.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'wouter'
import { audit } from '@/api/audit'
import type { AuditProof } from '@/api/types'
import { ActorName } from '@/parts/actor'
import { SubjectLink } from '@/parts/audit-table'
import { ChangesTable } from '@/parts/changes-table'
import { checkInclusion, type Inclusion } from '@/parts/inclusion'
import { Loaded } from '@/parts/loaded'
import { errorTitle } from '@/parts/problem'
import { OutcomeTag } from '@/parts/tags'
import { Time, ZoneNote } from '@/parts/time'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { Facts } from '@/ui/facts'
import { JsonTree } from '@/ui/json-tree'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

export default function Entry() {
  const { t } = useTranslation()
  const index = Number(useParams<{ index: string }>().index)
  const query = useQuery({ queryKey: ['audit', 'entry', index], queryFn: () => audit.show(index) })
  return (
    <Loaded query={query} page>
      {(proof) => (
        <Page
          title={t('audit.entry', { index })}
          crumbs={[{ to: paths.audit(), text: t('nav.audit') }]}
          meta={<ZoneNote />}
          actions={
            <>
              {index > 0 && <Link href={paths.auditEntry(index - 1)}>{t('audit.previous_entry')}</Link>}
              <Link href={paths.auditEntry(index + 1)}>{t('audit.next_entry')}</Link>
            </>
          }
        >
          <div className="two-columns">
            <div className="stack wide">
              <Card title={t('common.details')}>
                <EntryFacts proof={proof} />
              </Card>
              {proof.changes && proof.changes.length > 0 && (
                <Card title={t('audit.changes')} flush>
                  <ChangesTable changes={proof.changes} label={t('audit.changes')} />
                </Card>
              )}
              <Card title={t('audit.raw')} extra={<CopyButton text={proof.raw} label={t('common.copy')} />}>
                <pre className="code-block wrap" tabIndex={0} role="region" aria-label={t('audit.raw')}>
                  {proof.raw}
                </pre>
              </Card>
            </div>
            <ProofCard key={index} proof={proof} />
          </div>
        </Page>
      )}
    </Loaded>
  )
}

function EntryFacts({ proof }: { proof: AuditProof }) {
  const { t } = useTranslation()
  const { entry } = proof
  return (
    <Facts
      items={[
        [t('audit.at'), <Time key="t" at={entry.at} />],
        [t('audit.action'), <code key="a">{entry.action}</code>],
        [t('audit.outcome'), <OutcomeTag key="o" outcome={entry.outcome} />],
        [t('audit.actor'), <ActorName key="w" actor={entry.actor} />],
        [t('audit.subject'), <SubjectLink key="s" subject={entry.subject} />],
        entry.reason ? [t('common.reason'), `${entry.reason} ${errorTitle(entry.reason) ?? ''}`] : null,
        [t('audit.source'), entry.source],
        [t('errors.request_id'), entry.request && <code key="r">{entry.request}</code>],
        [t('audit.tenant'), entry.tenant],
        entry.details && Object.keys(entry.details).length > 0 ? [t('audit.extra'), <JsonTree key="d" value={entry.details} />] : null,
      ]}
    />
  )
}

function ProofCard({ proof }: { proof: AuditProof }) {
  const { t } = useTranslation()
  const [found, setFound] = useState<Inclusion>()
  return (
    <Card title={t('audit.proof')}>
      <div className="stack">
        <Button type="primary" onClick={() => void checkInclusion(proof).then(setFound)}>
          {t('audit.check_proof')}
        </Button>
        {found && (
          <Notice tone={found === 'good' ? 'ok' : found === 'no_crypto' ? 'wait' : 'bad'} title={t(`audit.proof_${found}`)} live />
        )}
        <Facts items={[[t('audit.leaf'), <code key="l" className="break">{proof.leaf_hash}</code>]]} />
        <div className="stack tight">
          <h3>{t('audit.path')}</h3>
          {proof.inclusion.map((hash) => (
            <code key={hash} className="break muted">
              {hash}
            </code>
          ))}
        </div>
        <div className="stack tight">
          <h3>{t('audit.checkpoint')}</h3>
          <pre className="code-block wrap" tabIndex={0} role="region" aria-label={t('audit.checkpoint')}>
            {proof.checkpoint}
          </pre>
        </div>
      </div>
    </Card>
  )
}
