// Says that a change was made, or that others are asked to agree to it first, with the way to the request.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { isAsked } from '@/api/approvals'
import { paths } from '@/paths'
import { useToast } from './toast'

export function useChanged() {
  const { t } = useTranslation()
  const toast = useToast()
  return (answer: unknown, done: string) =>
    toast.done(
      isAsked(answer) ? (
        <span>
          {t('approvals.asked')} <Link href={paths.approval(answer.approval)}>{t('approvals.asked_open')}</Link>
        </span>
      ) : (
        done
      ),
    )
}
