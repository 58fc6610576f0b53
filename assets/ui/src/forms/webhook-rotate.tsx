// Makes a new key for a webhook; the one before may stay good for a while.
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { webhooks } from '@/api/webhooks'
import type { WebhookMade, WebhookView } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

/** In seconds, with the name of the text. */
const GRACE = [[0, 'now'], [3_600, 'hour'], [86_400, 'day'], [604_800, 'week']] as const

export function WebhookRotate({ webhook, onClose, onMade }: { webhook: WebhookView; onClose: () => void; onMade: (made: WebhookMade) => void }) {
  const { t } = useTranslation()
  const [grace, setGrace] = useState(3_600)
  return (
    <FormDialog title={t('webhook.rotate_title', { name: webhook.name })} ok={t('webhook.rotate')} complete work={async () => onMade(await webhooks.rotate(webhook.id, grace))} refresh={[['webhooks']]} onClose={onClose}>
      {() => (
        <Field label={t('webhook.grace')} help={t('webhook.grace_help')}>
          {(id, described) => <Select id={id} aria-describedby={described} value={grace} onChange={setGrace} options={GRACE.map(([value, word]) => ({ value: value as number, label: t(`webhook.grace_${word}`) }))} style={{ width: '100%' }} />}
        </Field>
      )}
    </FormDialog>
  )
}
