// A new data key, to which every value moves in the background; or a new master key.
import { Segmented } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { vault } from '@/api/vault'
import type { VaultStatus } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { isKept, keeping, keptBy, MethodFields } from '@/parts/vault-method'

export function VaultRotate({ status, onClose }: { status: VaultStatus; onClose: () => void }) {
  const { t } = useTranslation()
  const [what, setWhat] = useState<'data' | 'master'>('data')
  const [kept, setKept] = useState(keptBy(status.method ?? 'passphrase'))
  const master = what === 'master'
  return (
    <FormDialog title={t('vault.rotate')} ok={t('vault.rotate')} complete={!master || isKept(kept)} work={() => vault.rotate(master ? { what, ...keeping(kept) } : { what })} refresh={[['vault']]} done={t(`vault.rotated_${what}`)} onClose={onClose}>
      {(tried) => (
        <>
          <Segmented aria-label={t('vault.rotate_which')} value={what} onChange={setWhat} options={(['data', 'master'] as const).map((value) => ({ value, label: t(`vault.${value}_key`) }))} />
          <p>{t(`vault.rotate_what_${what}`)}</p>
          {master && <MethodFields value={kept} onChange={setKept} tried={tried} />}
        </>
      )}
    </FormDialog>
  )
}
