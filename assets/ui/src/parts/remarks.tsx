// Remarks on lines of a version: said by those who judge, settled by those who dealt with them.
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { reviews } from '@/api/reviews'
import type { CapabilityDetail, RemarkView, VersionDetail } from '@/api/types'
import { RemarkAdd } from '@/forms/remark-add'
import { useAct } from '@/hooks/act'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { ActorName } from './actor'
import { Loaded } from './loaded'
import { Time } from './time'

export function useRemarks(name: string, number: number) {
  return useQuery({ queryKey: remarksKey(name, number), queryFn: () => reviews.remarks(name, number) })
}

const remarksKey = (name: string, number: number) => ['capability', name, 'version', number, 'remarks']

/** A remark below its line in a diff. */
export function LineRemark({ one }: { one: RemarkView }) {
  const { t } = useTranslation()
  return (
    <div className="line-note">
      <span className="row tight">
        <ActorName actor={one.by} /> <Time at={one.at} />
        {one.settled_by && (
          <span className="tag ok">
            {t('versions.settled_by')} {one.settled_by.name}
          </span>
        )}
      </span>
      <div className="break" style={{ whiteSpace: 'pre-line' }}>
        {one.text}
      </div>
    </div>
  )
}

export function Remarks({ unit, version }: { unit: CapabilityDetail; version: VersionDetail }) {
  const { t } = useTranslation()
  const query = useRemarks(unit.name, version.number)
  const key = remarksKey(unit.name, version.number)
  const { act, busy, notice } = useAct(key)
  const [adding, setAdding] = useState(false)
  const can = unit.actions.includes('capability.comment')
  const why = can ? undefined : t('versions.may_not')
  return (
    <Card
      title={t('versions.remarks')}
      extra={
        <Button size="small" disabled={!can} title={why} onClick={() => setAdding(true)}>
          {t('versions.remark_add')}
        </Button>
      }
    >
      {notice}
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">{t('versions.no_remarks')}</p>
          ) : (
            <ul className="stack plain-list">
              {items.map((one) => (
                <li key={one.id}>
                  <span className="row tight">
                    <Link href={paths.source(unit.name, version.number, one.path)} className="mono">
                      {`${one.path}:${one.line}`}
                    </Link>
                    <ActorName actor={one.by} />
                    <Time at={one.at} />
                    {one.settled_by ? (
                      <span className="tag ok">
                        {t('versions.settled_by')} {one.settled_by.name}
                      </span>
                    ) : (
                      <Button size="small" disabled={!can || busy} title={why} aria-label={t('versions.settle_of', { line: one.line })} onClick={() => void act(() => reviews.settle(unit.name, version.number, one.id), t('versions.settled_done'))}>
                        {t('versions.settle')}
                      </Button>
                    )}
                  </span>
                  <div className="break" style={{ whiteSpace: 'pre-line' }}>
                    {one.text}
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {adding && <RemarkAdd name={unit.name} version={version} onClose={() => setAdding(false)} />}
    </Card>
  )
}
