// Where a value is read that the vault does not hold: the source, the entry with its field, and its version.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { SourceRead } from '@/api/types'
import { paths } from '@/paths'

export function SecretSource({ read }: { read: SourceRead }) {
  const { t } = useTranslation()
  return (
    <span className="row tight">
      <Link href={paths.resource(read.resource)}>{read.resource}</Link>
      <code className="break">{read.entry}</code>
      {read.version != null && <span className="muted">{t('secret.entry_version', { n: read.version })}</span>}
    </span>
  )
}
