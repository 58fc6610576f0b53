// How the log stands, in a line: verified when, and how much of it a checkpoint that is kept elsewhere covers.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { auditKeeping } from '@/api/audit-keeping'
import { formatCount } from '@/format'
import { paths } from '@/paths'
import { Notice } from '@/ui/notice'
import { Ago } from './time'

export function AuditStatusLine() {
  const { t } = useTranslation()
  const { data } = useQuery({ queryKey: ['audit-status'], queryFn: auditKeeping.status, staleTime: 30_000, retry: false })
  if (!data) return null
  const verified = data.last_verified
  const tone = verified && !verified.ok ? 'bad' : verified && data.last_witnessed ? 'ok' : 'calm'
  return (
    <Notice tone={tone} title={!verified ? t('audit.status_never') : verified.ok ? <VerifiedWhen at={verified.at} /> : t('audit.status_bad')} actions={<Link href={paths.auditKeeping()}>{t('audit.keeping')}</Link>}>
      {data.unwitnessed > 0 ? t('audit.status_unwitnessed', { n: formatCount(data.unwitnessed) }) : t('audit.status_witnessed', { n: formatCount(data.last_witnessed?.entries ?? 0) })}
    </Notice>
  )
}

function VerifiedWhen({ at }: { at: string }) {
  const { t } = useTranslation()
  return (
    <>
      {t('audit.last_verified')}: <Ago at={at} />
    </>
  )
}
