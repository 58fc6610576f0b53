// Writes a new version of the tenant's own policies, beginning with the text of an earlier one.
import { Input } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { policies } from '@/api/access'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'
import { Skeleton } from '@/ui/skeleton'

const Code = lazy(() => import('@/ui/code'))

const SAMPLE = `@id("no-grave-runs-here")
@hint("Grave capabilities are not started in this space.")
forbid (principal is User, action == Action::"capability.run", resource is Capability)
when { resource.space == "team" && resource.risk == 3 };
`

export function PolicyEdit({ from, onClose }: { from?: string; onClose: () => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState(from ?? SAMPLE)
  const [note, setNote] = useState('')
  return (
    <FormDialog
      title={t('own_policy.write')}
      ok={t('own_policy.keep')}
      width={900}
      complete={Boolean(text.trim())}
      work={() => policies.add({ text, note: note.trim() || null })}
      refresh={[['policies']]}
      done={t('own_policy.kept')}
      onClose={onClose}
    >
      {() => (
        <>
          <Suspense fallback={<Skeleton label={t('common.loading')} rows={8} />}>
            <Code text={text} path="policy.cedar" label={t('own_policy.text')} onChange={setText} />
          </Suspense>
          <Field label={t('own_policy.note')}>{(id) => <Input id={id} maxLength={120} value={note} onChange={(event) => setNote(event.target.value)} />}</Field>
        </>
      )}
    </FormDialog>
  )
}
