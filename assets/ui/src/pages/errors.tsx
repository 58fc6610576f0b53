// Addresses that lead nowhere, and pages that a role does not open.
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import type { ApiError } from '@/api/http'
import { useMe } from '@/hooks/me'
import { ProblemNotice } from '@/parts/problem'
import { paths } from '@/paths'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'

export function NotFound() {
  const { t } = useTranslation()
  const [path, navigate] = useLocation()
  return (
    <Page title={t('errors.not_found')}>
      <div className="stack">
        <p className="break">
          {t('errors.not_found_what')} <code>{path}</code>
        </p>
        <div className="row">
          <Button type="primary" onClick={() => navigate(paths.home())}>
            {t('errors.back_home')}
          </Button>
          <Link href={paths.capabilities()}>{t('nav.capabilities')}</Link>
          <Link href={paths.runs()}>{t('nav.runs')}</Link>
          <Link href={paths.help()}>{t('nav.help')}</Link>
        </div>
      </div>
    </Page>
  )
}

/** For a page whose own frame is there already. */
export function ForbiddenNotice({ error }: { error?: ApiError }) {
  const { t } = useTranslation()
  const me = useMe()
  return (
    <div className="stack card-body">
      <Notice tone="wait" title={t('errors.forbidden_what')}>
        <p>{t('errors.forbidden_roles', { name: me?.name ?? '', roles: me?.roles.map((role) => t(`role.${role}`)).join(', ') || t('common.none') })}</p>
        <p>{t('errors.forbidden_ask')}</p>
      </Notice>
      {error && <ProblemNotice error={error} />}
    </div>
  )
}

export function Forbidden({ error }: { error?: ApiError }) {
  const { t } = useTranslation()
  return (
    <Page title={t('errors.forbidden')}>
      <ForbiddenNotice error={error} />
      <Link href={paths.home()}>{t('errors.back_home')}</Link>
    </Page>
  )
}
