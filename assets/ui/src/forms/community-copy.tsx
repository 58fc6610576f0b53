// Copies a shared capability into one's own space.
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { community } from '@/api/templates'
import { FormDialog } from '@/parts/form-dialog'
import { useToast } from '@/parts/toast'
import { paths } from '@/paths'
import { Field } from '@/ui/field'

export function CommunityCopy({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const [, navigate] = useLocation()
  const [as, setAs] = useState('')
  const copy = async () => {
    const done = await community.copy(name, as.trim())
    toast.done(t('community.copied', { name: done.capability }))
    navigate(paths.capability(done.capability, 'versions'))
  }
  return (
    <FormDialog title={t('community.copy_title', { name })} ok={t('community.copy')} complete work={copy} refresh={[['community'], ['capabilities']]} onClose={onClose}>
      {() => (
        <Field label={t('community.copy_name')} help={t('community.copy_name_help')}>
          {(id, described) => <Input id={id} aria-describedby={described} autoFocus spellCheck={false} value={as} onChange={(event) => setAs(event.target.value)} />}
        </Field>
      )}
    </FormDialog>
  )
}
