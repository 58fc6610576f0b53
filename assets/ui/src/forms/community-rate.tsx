// Says what one thinks of a shared capability.
import { Input, Segmented } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { community } from '@/api/templates'
import type { SharedDetail } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { Field } from '@/ui/field'

export function CommunityRate({ one, onClose }: { one: SharedDetail; onClose: () => void }) {
  const { t } = useTranslation()
  const [stars, setStars] = useState(one.own_stars ?? 4)
  const [comment, setComment] = useState('')
  return (
    <FormDialog title={t('community.rate')} ok={t('common.save')} complete work={() => community.rate(one.capability, stars, comment.trim())} refresh={[['community']]} done={t('community.rated')} onClose={onClose}>
      {() => (
        <>
          <Segmented aria-label={t('community.stars')} value={stars} onChange={setStars} options={[1, 2, 3, 4, 5].map((value) => ({ value, label: t('community.star_n', { count: value }) }))} />
          <Field label={t('community.rate_comment')}>{(id) => <Input.TextArea id={id} rows={3} maxLength={1000} value={comment} onChange={(event) => setComment(event.target.value)} />}</Field>
        </>
      )}
    </FormDialog>
  )
}
