// Operations of an OpenAPI document become capabilities on a resource: read the document, pick, see what became of each.
import { InboxOutlined } from '@ant-design/icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { openapi } from '@/api/openapi'
import { resources } from '@/api/resources'
import type { ImportedOperation, OpenApiOperation } from '@/api/types'
import { formatCount } from '@/format'
import { useUrlState } from '@/hooks/url-state'
import { HelpLink } from '@/parts/help-link'
import { ProblemNotice } from '@/parts/problem'
import { RegisterTabs } from '@/parts/register-tabs'
import { PlainTag } from '@/parts/tags'
import { paths } from '@/paths'
import { Card } from '@/ui/card'
import { DataTable } from '@/ui/data-table'
import { Empty } from '@/ui/empty'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Page } from '@/ui/page'
import { Steps } from '@/ui/steps'

interface Document {
  name: string
  text: string
}

export default function RegisterOpenApi() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [asked] = useUrlState()
  const [document, setDocument] = useState<Document>()
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const [resource, setResource] = useState(asked.resource ?? '')
  const [prefix, setPrefix] = useState('')
  const read = useMutation({
    mutationFn: async (file: File) => {
      const text = await file.text()
      const { items } = await openapi.operations(text)
      setDocument({ name: file.name, text })
      setPicked(new Set())
      return items
    },
  })
  const take = useMutation({
    mutationFn: () => openapi.import({ document: document?.text ?? '', resource, operations: [...picked], prefix: prefix.trim() || null, comment: null }),
    onSuccess: () => void Promise.all([['capabilities'], ['resources']].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  })
  const step = take.data ? 2 : document ? 1 : 0
  return (
    <Page title={t('register.from_openapi')} crumbs={[{ to: paths.capabilities(), text: t('nav.capabilities') }]} meta={<HelpLink page="how-to/import-openapi" />}>
      <RegisterTabs current="openapi" />
      <Steps label={t('register.from_openapi')} current={step} steps={[t('openapi.step_document'), t('openapi.step_pick'), t('openapi.step_done')]} />
      <div className="stack wide">
        {read.error && <ProblemNotice error={read.error} />}
        {take.error && <ProblemNotice error={take.error} />}
        {step === 0 && <Choose busy={read.isPending} onFile={(file) => read.mutate(file)} />}
        {step === 1 && read.data && (
          <>
            <Card title={t('openapi.where')}>
              <div className="form-grid">
                <ResourceField value={resource} onChange={setResource} />
                <Field label={t('openapi.prefix')} help={t('openapi.prefix_help')}>
                  {(id, described) => <Input id={id} aria-describedby={described} maxLength={40} spellCheck={false} value={prefix} onChange={(event) => setPrefix(event.target.value)} />}
                </Field>
              </div>
            </Card>
            <Pick items={read.data} document={document?.name ?? ''} picked={picked} onPick={setPicked} />
            <div className="row">
              <Button onClick={() => setDocument(undefined)}>{t('setup.back')}</Button>
              <Button type="primary" loading={take.isPending} disabled={picked.size === 0 || !resource} title={!resource ? t('openapi.choose_resource') : picked.size === 0 ? t('openapi.choose_some') : undefined} onClick={() => take.mutate()}>
                {t('openapi.import', { count: picked.size })}
              </Button>
            </div>
          </>
        )}
        {step === 2 && take.data && <Done items={take.data.items} resource={resource} />}
      </div>
    </Page>
  )
}

function Choose({ busy, onFile }: { busy: boolean; onFile: (file: File) => void }) {
  const { t } = useTranslation()
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  return (
    <Card title={t('openapi.step_document')}>
      <div
        className={over ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          const dropped = event.dataTransfer.files[0]
          if (dropped) onFile(dropped)
        }}
      >
        <InboxOutlined aria-hidden style={{ fontSize: 28, color: 'var(--muted)' }} />
        <p>{t('openapi.drop')}</p>
        <Button type="primary" loading={busy} onClick={() => input.current?.click()}>
          {t('form.choose_file')}
        </Button>
        <p className="muted">{t('openapi.kinds')}</p>
        <input
          ref={input}
          type="file"
          hidden
          data-field="openapi"
          accept=".json,.yaml,.yml"
          onChange={(event) => {
            const chosen = event.target.files?.[0]
            event.target.value = ''
            if (chosen) onFile(chosen)
          }}
        />
      </div>
    </Card>
  )
}

function ResourceField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation()
  const known = useQuery({ queryKey: ['resources'], queryFn: resources.list })
  const services = known.data?.items.filter((one) => one.kind === 'http')
  return (
    <Field label={t('subject.resource')} required help={services?.length === 0 ? t('resource.none') : undefined}>
      {(id, described) => <Select id={id} aria-describedby={described} showSearch value={value || undefined} onChange={onChange} options={(services ?? []).map((one) => ({ value: one.name, label: `${one.name} · ${one.hosts.join(', ')}` }))} style={{ width: '100%' }} />}
    </Field>
  )
}

function Method({ method, writes }: { method: string; writes: boolean }) {
  return <span className={`tag ${writes ? 'wait' : ''}`}>{method}</span>
}

function Pick({ items, document, picked, onPick }: { items: OpenApiOperation[]; document: string; picked: ReadonlySet<string>; onPick: (picked: ReadonlySet<string>) => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const words = text.trim().toLowerCase()
  const shown = items.filter((one) => [one.id, one.path, one.summary, one.method].some((part) => part.toLowerCase().includes(words)))
  // Select all means those that are shown: what was picked before and is hidden now stays.
  const select = (next: ReadonlySet<string>) => {
    const hidden = [...picked].filter((id) => !shown.some((one) => one.id === id))
    onPick(new Set([...hidden, ...next]))
  }
  return (
    <Card title={t('openapi.operations_of', { document })} flush>
      <div className="filters" role="search">
        <Input className="search" type="search" allowClear aria-label={t('openapi.search')} placeholder={t('openapi.search')} value={text} onChange={(event) => setText(event.target.value)} />
        <span className="grow" />
        <span className="muted num">{t('openapi.picked', { count: picked.size, n: formatCount(picked.size), total: formatCount(items.length) })}</span>
      </div>
      {shown.length === 0 ? (
        <Empty why={t('openapi.none_match')} />
      ) : (
        <DataTable
          label={t('openapi.step_pick')}
          rows={shown}
          rowKey={(row) => row.id}
          selected={picked}
          onSelect={select}
          columns={[
            { id: 'method', title: t('resource.method'), kind: 'fit', cell: (row) => <Method method={row.method} writes={row.writes} /> },
            { id: 'path', title: t('request.path'), wrap: true, cell: (row) => <code className="break">{row.path}</code> },
            { id: 'id', title: t('openapi.operation'), wrap: true, cell: (row) => <span className="break">{row.id}</span> },
            { id: 'summary', title: t('secret.description'), wrap: true, cell: (row) => row.summary },
            { id: 'notes', title: t('openapi.marks'), kind: 'fit', cell: (row) => <span className="row tight">{row.writes && <PlainTag>{t('openapi.writes')}</PlainTag>}{row.deprecated && <PlainTag>{t('version_state.deprecated')}</PlainTag>}</span> },
          ]}
        />
      )}
    </Card>
  )
}

function Done({ items, resource }: { items: ImportedOperation[]; resource: string }) {
  const { t } = useTranslation()
  const refused = items.filter((one) => !one.permitted)
  return (
    <>
      {refused.length > 0 && (
        <Notice tone="wait" title={t('openapi.not_whitelisted', { count: refused.length })}>
          <p>{t('openapi.not_whitelisted_what')}</p>
          {refused.slice(0, 20).map((one) => (
            <div key={one.operation}>
              <code className="break">{`execgov resource update ${resource} --write '${one.method} ${one.path.replaceAll(/\{[^}]*\}/g, '*')}'`}</code>
            </div>
          ))}
        </Notice>
      )}
      <Card title={t('openapi.step_done')} flush>
        <DataTable
          label={t('openapi.step_done')}
          rows={items}
          rowKey={(row) => row.operation}
          columns={[
            { id: 'capability', title: t('runs.capability'), cell: (row) => <Link href={paths.version(row.capability, row.version)}>{row.capability}</Link> },
            { id: 'version', title: t('runs.version'), kind: 'right', cell: (row) => <span className="num">{row.version}</span> },
            { id: 'created', title: t('capabilities.state'), kind: 'fit', cell: (row) => t(row.created ? 'openapi.created' : 'openapi.unchanged') },
            { id: 'request', title: t('request.request'), wrap: true, cell: (row) => <code className="break">{`${row.method} ${row.path}`}</code> },
            { id: 'permitted', title: t('openapi.boundary'), kind: 'fit', cell: (row) => <span className={`tag ${row.permitted ? 'ok' : 'wait'}`}>{t(row.permitted ? 'openapi.permitted' : 'openapi.refused')}</span> },
            { id: 'notes', title: t('openapi.notes'), wrap: true, cell: (row) => row.notes.map((note) => <div key={note} lang="en">{note}</div>) },
          ]}
        />
      </Card>
    </>
  )
}
