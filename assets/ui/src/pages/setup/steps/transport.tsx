// How the appliance is reached. The choice is carried out by the configuration file, not by a web page: what decides on keys and
// addresses is not to be changed by whoever holds a session.
import { Button, Radio } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/ui/copy'
import { Notice } from '@/ui/notice'

const LINES = {
  here: '',
  made: '[listen]\naddress = "0.0.0.0:7443"\n\n[tls]\nnames = ["execgov.example.internal"]\n',
  own: '[listen]\naddress = "0.0.0.0:7443"\n\n[tls]\ncertificate = "/etc/execgov/tls/server.pem"\nkey = "/etc/execgov/tls/server.key"\n',
}
type Choice = keyof typeof LINES

export function TransportStep({ onNext }: { onNext: () => void }) {
  const { t } = useTranslation()
  const tls = window.location.protocol === 'https:'
  const [choice, setChoice] = useState<Choice>(tls ? 'made' : 'here')
  return (
    <div className="stack wide">
      <Notice tone={tls ? 'ok' : 'info'} title={t(tls ? 'setup.tls_on' : 'setup.tls_off')}>
        {t(tls ? 'setup.tls_on_what' : 'setup.tls_off_what')}
      </Notice>
      <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
        <legend style={{ fontWeight: 500, padding: 0, marginBottom: 4 }}>{t('setup.tls_question')}</legend>
        <Radio.Group vertical value={choice} onChange={(event) => setChoice(event.target.value as Choice)} options={(Object.keys(LINES) as Choice[]).map((value) => ({ value, label: t(`setup.tls_${value}`) }))} />
      </fieldset>
      <p className="muted">{t(`setup.tls_${choice}_what`)}</p>
      {LINES[choice] && (
        <>
          <div className="row">
            <span className="grow">{t('setup.tls_how')}</span>
            <CopyButton text={LINES[choice]} label={t('setup.tls_copy')} />
          </div>
          <pre className="code-block" tabIndex={0} role="region" aria-label="execgov.toml">
            {LINES[choice]}
          </pre>
        </>
      )}
      <div>
        <Button type="primary" onClick={onNext}>
          {t('setup.next')}
        </Button>
      </div>
    </div>
  )
}
