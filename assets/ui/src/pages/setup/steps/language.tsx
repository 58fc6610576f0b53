// Language and time zone: used at once, kept for this browser, and given to the first account.
import { Button, Radio, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { setPrefs, usePrefs, type Prefs } from '@/hooks/prefs'
import { Field } from '@/ui/field'
import { zones } from '@/ui/zones'

export function LanguageStep({ onNext }: { onNext: () => void }) {
  const { t } = useTranslation()
  const prefs = usePrefs()
  return (
    <div className="stack wide">
      <p>{t('setup.welcome')}</p>
      <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
        <legend style={{ fontWeight: 500, padding: 0, marginBottom: 4 }}>{t('prefs.language')}</legend>
        <Radio.Group
          value={prefs.language}
          onChange={(event) => setPrefs({ language: event.target.value as Prefs['language'] })}
          options={[
            { value: 'en', label: 'English' },
            { value: 'zh', label: '简体中文' },
          ]}
        />
      </fieldset>
      <Field label={t('prefs.zone')} help={t('setup.zone_help')}>
        {(id, described) => <Select id={id} aria-describedby={described} showSearch value={prefs.zone} onChange={(zone) => setPrefs({ zone })} options={zones(prefs.zone).map((value) => ({ value, label: value }))} style={{ width: '100%' }} />}
      </Field>
      <div>
        <Button type="primary" onClick={onNext}>
          {t('setup.next')}
        </Button>
      </div>
    </div>
  )
}
