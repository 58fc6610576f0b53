// Says who can recover from now on, and so for whom backups are encrypted.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { vault } from '@/api/vault'
import type { VaultStatus } from '@/api/types'
import { FormDialog } from '@/parts/form-dialog'
import { Notice } from '@/ui/notice'
import { RecipientsField } from './vault-init'

export function VaultRecovery({ status, onClose }: { status: VaultStatus; onClose: () => void }) {
  const { t } = useTranslation()
  const [recovery, setRecovery] = useState(status.recovery.map((one) => one.recipient))
  return (
    <FormDialog title={t('vault.recipients')} ok={t('common.save')} width={640} complete work={() => vault.setRecovery(recovery)} refresh={[['vault'], ['doctor']]} done={t('vault.recipients_saved')} onClose={onClose}>
      {() => (
        <>
          <p>{t('vault.recipients_what')}</p>
          <RecipientsField value={recovery} onChange={setRecovery} />
          {recovery.length === 0 && <Notice tone="wait">{t('vault.warn_no_recovery')}</Notice>}
        </>
      )}
    </FormDialog>
  )
}
