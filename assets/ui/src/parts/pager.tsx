// Pages of a list by cursor: the address holds the cursor, Back goes back.
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { formatCount } from '@/format'
import { useUrlState } from '@/hooks/url-state'

export function Pager({ next, shown, total, atLeast }: { next?: string | null; shown: number; total?: number; atLeast?: boolean }) {
  const { t } = useTranslation()
  const [state, change] = useUrlState()
  if (!next && !state.cursor && total === undefined) return null
  return (
    <nav className="table-foot" aria-label={t('common.pages')}>
      <span className="grow num">
        {total === undefined ? t('common.shown', { n: formatCount(shown) }) : t(atLeast ? 'common.shown_of_least' : 'common.shown_of', { n: formatCount(shown), total: formatCount(total) })}
      </span>
      <Button size="small" disabled={!state.cursor} onClick={() => change({ cursor: null })}>
        {t('common.newest')}
      </Button>
      <Button size="small" disabled={!state.cursor} onClick={() => window.history.back()}>
        {t('common.previous')}
      </Button>
      <Button size="small" disabled={!next} onClick={() => change({ cursor: next })}>
        {t('common.next')}
      </Button>
    </nav>
  )
}
