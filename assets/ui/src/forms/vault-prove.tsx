// Shows that a recovery key is still held: its holder opens a challenge elsewhere and brings what was in it. The key stays where it is.
import { useQuery } from '@tanstack/react-query'
import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { vault } from '@/api/vault'
import { FormDialog } from '@/parts/form-dialog'
import { Loaded } from '@/parts/loaded'
import { CopyButton } from '@/ui/copy'
import { Field } from '@/ui/field'

export function VaultProve({ recipient, onClose }: { recipient: string; onClose: () => void }) {
  const { t } = useTranslation()
  const [answer, setAnswer] = useState('')
  const challenge = useQuery({ queryKey: ['vault-challenge', recipient], queryFn: () => vault.prove(recipient), staleTime: 0, gcTime: 0, refetchOnWindowFocus: false })
  return (
    <FormDialog title={t('vault.prove')} ok={t('vault.prove')} width={640} complete={answer.trim() !== ''} work={() => vault.prove(recipient, answer.trim())} refresh={[['vault']]} done={t('vault.proven')} onClose={onClose}>
      {(tried) => (
        <>
          <p>{t('vault.prove_what')}</p>
          <Loaded query={challenge} rows={6}>
            {(proof) => (
              <div className="row" style={{ alignItems: 'start', flexWrap: 'nowrap' }}>
                <pre className="code-block grow" tabIndex={0} role="region" aria-label={t('vault.challenge')}>
                  {proof.challenge}
                </pre>
                <CopyButton text={proof.challenge ?? ''} label={t('vault.copy_challenge')} />
              </div>
            )}
          </Loaded>
          <p>
            <code>age --decrypt -i recovery.key challenge.age</code>
          </p>
          <Field label={t('vault.answer')} required help={t('vault.answer_help')} error={tried && !answer.trim() && t('rules.required')}>
            {(id, described) => <Input id={id} aria-describedby={described} spellCheck={false} autoComplete="off" value={answer} onChange={(event) => setAnswer(event.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  )
}
