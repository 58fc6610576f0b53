// How this connection is protected, and how to change that. Certificates are a matter of the configuration file, not of a web page.
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Notice } from '@/ui/notice'

export function TransportStep({ onNext }: { onNext: () => void }) {
  const { t } = useTranslation()
  const tls = window.location.protocol === 'https:'
  return (
    <div className="stack wide">
      <Notice tone={tls ? 'ok' : 'info'} title={t(tls ? 'setup.tls_on' : 'setup.tls_off')}>
        {t(tls ? 'setup.tls_on_what' : 'setup.tls_off_what')}
      </Notice>
      <p>{t('setup.tls_how')}</p>
      <pre className="code-block" tabIndex={0} role="region" aria-label="execgov.toml">
        {'[listen]\naddress = "0.0.0.0:8443"\n\n[tls]\ncertificate = "/etc/execgov/tls/server.pem"\nkey = "/etc/execgov/tls/server.key"\n'}
      </pre>
      <p className="muted">{t('setup.tls_fingerprint')}</p>
      <div>
        <Button type="primary" onClick={onNext}>
          {t('setup.next')}
        </Button>
      </div>
    </div>
  )
}
