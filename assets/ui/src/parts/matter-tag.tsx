// What a request is about, in a word and a link.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { ApprovalSummary } from '@/api/types'
import { paths } from '@/paths'
import { PlainTag } from './tags'

export function MatterTag({ request }: { request: ApprovalSummary }) {
  const { t } = useTranslation()
  return <PlainTag>{t(`matter.${request.matter}`)}</PlainTag>
}

export function MatterLink({ request }: { request: ApprovalSummary }) {
  if (!request.capability) return <>{request.name}</>
  const to = request.matter === 'publish' && request.version ? paths.version(request.capability, request.version) : paths.capability(request.capability)
  return (
    <>
      <Link href={to}>{request.capability}</Link> {request.version && <span className="num muted">v{request.version}</span>}
    </>
  )
}
