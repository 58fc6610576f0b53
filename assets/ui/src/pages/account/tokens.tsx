// Tokens for programs that act for me. The secret is shown once.
import { PlusOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TokenCreate } from '@/forms/token-create'
import { TokenTable } from '@/parts/token-table'
import { Card } from '@/ui/card'
import { CopyButton } from '@/ui/copy'
import { Notice } from '@/ui/notice'

export function Tokens() {
  const { t } = useTranslation()
  const [creating, setCreating] = useState(false)
  const [secret, setSecret] = useState<string>()
  return (
    <div className="stack wide">
      {secret && (
        <Notice tone="ok" title={t('account.token_once')} live actions={<CopyButton text={secret} label={t('common.copy')} />}>
          <code className="break" data-secret>
            {secret}
          </code>
        </Notice>
      )}
      <Card
        title={t('account.tokens')}
        flush
        extra={
          <Button size="small" type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setCreating(true)}>
            {t('account.create_token')}
          </Button>
        }
      >
        <TokenTable />
      </Card>
      {creating && <TokenCreate onClose={() => setCreating(false)} onDone={setSecret} />}
    </div>
  )
}
