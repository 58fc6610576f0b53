// Language, theme, zone, density: used at once here and kept with the account for other browsers.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Input, Radio, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { identity } from '@/api/identity'
import { setPrefs, usePrefs } from '@/hooks/prefs'
import { useMe } from '@/hooks/me'
import { ProblemNotice } from '@/parts/problem'
import { Time } from '@/parts/time'
import { useToast } from '@/parts/toast'
import { zones } from '@/ui/zones'
import { Card } from '@/ui/card'
import { Field } from '@/ui/field'

export function Preferences() {
  const { t } = useTranslation()
  const me = useMe()
  const prefs = usePrefs()
  const toast = useToast()
  const queries = useQueryClient()
  const [display, setDisplay] = useState(me?.display_name ?? '')
  const [now] = useState(() => new Date().toISOString())
  const save = useMutation({
    mutationFn: () =>
      identity.changeMe({ display_name: display, language: prefs.language === 'zh' ? 'zh-CN' : 'en', theme: prefs.theme, time_zone: prefs.zone, density: prefs.density }),
    onSuccess: (next) => {
      queries.setQueryData(['me'], next)
      toast.done(t('account.saved'))
    },
  })
  return (
    <Card>
      <div className="stack wide" style={{ maxWidth: 560 }}>
        {save.error && <ProblemNotice error={save.error} />}
        <Field label={t('users.display_name')}>{(id) => <Input id={id} value={display} maxLength={100} onChange={(event) => setDisplay(event.target.value)} />}</Field>
        <Choice label={t('prefs.language')} value={prefs.language} options={[['en', 'English'], ['zh', '简体中文']]} onChange={(language) => setPrefs({ language })} />
        <Choice label={t('prefs.theme')} value={prefs.theme} options={(['system', 'light', 'dark'] as const).map((one) => [one, t(`prefs.theme_${one}`)])} onChange={(theme) => setPrefs({ theme })} />
        <Choice label={t('prefs.density')} value={prefs.density} options={(['compact', 'comfortable'] as const).map((one) => [one, t(`prefs.density_${one}`)])} onChange={(density) => setPrefs({ density })} />
        <Field label={t('prefs.zone')} help={<>{t('account.now_is')} <Time at={now} /></>}>
          {(id, described) => (
            <Select id={id} aria-describedby={described} showSearch value={prefs.zone} onChange={(zone) => setPrefs({ zone })} options={zones(prefs.zone).map((value) => ({ value, label: value }))} style={{ width: '100%' }} />
          )}
        </Field>
        <div>
          <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
            {t('account.save_everywhere')}
          </Button>
        </div>
      </div>
    </Card>
  )
}

function Choice<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: (readonly [T, string])[]; onChange: (value: T) => void }) {
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
      <legend style={{ fontWeight: 500, marginBottom: 4, padding: 0 }}>{label}</legend>
      <Radio.Group value={value} onChange={(event) => onChange(event.target.value as T)} options={options.map(([one, text]) => ({ value: one, label: text }))} />
    </fieldset>
  )
}
