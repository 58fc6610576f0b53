// The frame of a list beside the requests for approval: its tabs, what can be asked for, and a table or what to do when there is none.
import type { UseQueryResult } from '@tanstack/react-query'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { paths } from '@/paths'
import { type Column, DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Page } from '@/ui/page'
import { ApprovalTabs } from './approval-tabs'
import { HelpLink } from './help-link'
import { Loaded } from './loaded'
import { ZoneNote } from './time'

interface Props<Row> {
  current: 'standing' | 'absences'
  action: { text: string; can: boolean; why: string; onClick: () => void }
  none: { why: string; what: string }
  notice?: ReactNode
  query: UseQueryResult<{ items: Row[] }>
  rowKey: (row: Row) => string
  columns: Column<Row>[]
  /** A dialog, when one is open. */
  children?: ReactNode
}

export function ApprovalsFrame<Row>({ current, action, none, notice, query, rowKey, columns, children }: Props<Row>) {
  const { t } = useTranslation()
  const title = t(`approvals.${current}`)
  return (
    <Page
      title={title}
      crumbs={[{ to: paths.approvals(), text: t('nav.approvals') }]}
      meta={
        <>
          <ZoneNote />
          <HelpLink page="explanation/approvals" />
        </>
      }
      actions={
        <Button type="primary" disabled={!action.can} title={action.can ? undefined : action.why} onClick={action.onClick}>
          {action.text}
        </Button>
      }
    >
      <ApprovalTabs current={current} />
      <div className="stack">
        {notice}
        <div className="card">
          <Loaded query={query}>{({ items }) => (items.length === 0 ? <Empty {...none} /> : <DataTable label={title} rows={items} rowKey={rowKey} columns={columns} />)}</Loaded>
        </div>
      </div>
      {children}
    </Page>
  )
}
