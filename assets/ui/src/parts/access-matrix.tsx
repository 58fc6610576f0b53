// Who may do one action, in the whole tenant or at one place.
import { useQuery } from '@tanstack/react-query'
import { AutoComplete, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { access, spaces } from '@/api/access'
import { Loaded } from '@/parts/loaded'
import { paths } from '@/paths'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Field } from '@/ui/field'

export function AccessMatrix({ actions }: { actions: string[] }) {
  const { t } = useTranslation()
  const [action, setAction] = useState('capability.run')
  const [place, setPlace] = useState('')
  const places = useQuery({ queryKey: ['spaces'], queryFn: spaces.list, retry: false })
  const somewhere = (places.data?.items ?? []).filter((space) => space.kind === 'team').flatMap((space) => [space.name, ...space.folders])
  const known = place === '' || somewhere.includes(place)
  const query = useQuery({ queryKey: ['access', 'matrix', action, known ? place : ''], queryFn: () => access.matrix({ action, place: (known && place) || undefined, limit: 200 }) })
  return (
    <div className="stack wide">
      <div className="form-grid">
        <Field label={t('audit.action')}>{(id) => <Select id={id} showSearch value={action} onChange={setAction} options={actions.map((value) => ({ value, label: value }))} style={{ width: '100%' }} />}</Field>
        <Field label={t('grant.place')} help={t('grant.place_help')}>
          {(id, described) => <AutoComplete id={id} aria-describedby={described} allowClear value={place} onChange={(value) => setPlace(value ?? '')} options={somewhere.map((value) => ({ value }))} style={{ width: '100%' }} />}
        </Field>
      </div>
      <Loaded query={query}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty why={t('roles.nobody')} />
          ) : (
            <DataTable
              label={t('roles.who_may')}
              rows={rows}
              rowKey={(row) => row.id}
              columns={[
                { id: 'user', title: t('roles.who'), cell: (row) => <Link href={paths.user(row.id)}>{row.user}</Link> },
                { id: 'roles', title: t('users.roles'), cell: (row) => row.roles.map((role) => t(`role.${role}`, { defaultValue: role })).join(', ') },
                { id: 'how', title: t('roles.how_far'), kind: 'fit', cell: (row) => t(row.actions.length > 0 ? 'roles.all' : 'roles.own') },
              ]}
            />
          )
        }
      </Loaded>
    </div>
  )
}
