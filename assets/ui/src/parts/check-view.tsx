// What the tries of a version in the sandbox showed.
import { CheckCircleOutlined, CloseCircleOutlined, MinusCircleOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { CheckReport } from '@/api/types'
import { shortId } from '@/format'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Time } from './time'

const LOOK = { passed: ['ok', CheckCircleOutlined], failed: ['bad', CloseCircleOutlined], skipped: ['', MinusCircleOutlined] } as const

export function CheckView({ report }: { report: CheckReport }) {
  const { t } = useTranslation()
  return (
    <div>
      <p className="card-body row tight">
        <span className={`tag ${report.passed ? 'ok' : 'bad'}`}>{t(report.passed ? 'versions.check_passed' : 'versions.check_failed')}</span>
        <span className="muted">{t('versions.check_by', { who: report.by.name ?? report.by.id ?? '' })}</span>
        <Time at={report.at} />
      </p>
      <DataTable
        label={t('versions.check_title')}
        rows={report.cases}
        rowKey={(one) => one.name}
        columns={[
          {
            id: 'verdict',
            title: t('runs.state'),
            kind: 'fit',
            cell: (one) => {
              const [tone, Icon] = LOOK[one.verdict]
              return (
                <span className={`tag ${tone}`}>
                  <Icon aria-hidden />
                  {t(`versions.case_${one.verdict}`)}
                </span>
              )
            },
          },
          { id: 'name', title: t('versions.case'), cell: (one) => one.name },
          { id: 'detail', title: t('common.details'), wrap: true, cell: (one) => <span lang="en">{one.detail}</span> },
          { id: 'run', title: t('runs.run'), kind: 'fit', cell: (one) => (one.run ? <Link href={paths.run(one.run)} className="mono">{shortId(one.run)}</Link> : '–') },
        ]}
      />
    </div>
  )
}
