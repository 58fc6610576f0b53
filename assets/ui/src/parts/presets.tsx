// Named sets of inputs: examples of the author, and one's own, kept in this browser.
import { Button, Dropdown, Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { JsonObject } from '@/api/types'
import { Field } from '@/ui/field'

type Saved = Record<string, JsonObject>

function load(key: string): Saved {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Saved
  } catch {
    return {}
  }
}

export function Presets({ capability, examples, values, onUse }: { capability: string; examples: JsonObject[]; values: JsonObject; onUse: (values: JsonObject) => void }) {
  const { t } = useTranslation()
  const key = `execgov.presets.${capability}`
  const [saved, setSaved] = useState(() => load(key))
  const [naming, setNaming] = useState<string>()
  const store = (next: Saved) => {
    setSaved(next)
    localStorage.setItem(key, JSON.stringify(next))
  }
  const save = () => {
    if (!naming?.trim()) return
    store({ ...saved, [naming.trim()]: values })
    setNaming(undefined)
  }
  return (
    <>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            ...examples.map((example, i) => ({ key: `example ${i}`, label: t('presets.example', { n: i + 1 }), onClick: () => onUse(example) })),
            ...Object.entries(saved).map(([name, preset]) => ({ key: `own ${name}`, label: name, onClick: () => onUse(preset) })),
            { type: 'divider' as const },
            { key: 'save', label: t('presets.save'), onClick: () => setNaming('') },
            ...(Object.keys(saved).length > 0 ? [{ key: 'forget', label: t('presets.forget'), onClick: () => store({}) }] : []),
          ],
        }}
      >
        <Button size="small">{t('presets.title')}</Button>
      </Dropdown>
      <Modal open={naming !== undefined} title={t('presets.save')} okText={t('common.save')} cancelText={t('common.cancel')} onCancel={() => setNaming(undefined)} onOk={save} okButtonProps={{ disabled: !naming?.trim() }}>
        <Field label={t('presets.name')} help={t('presets.here_only')}>
          {(id, described) => <Input id={id} aria-describedby={described} autoFocus value={naming ?? ''} onChange={(event) => setNaming(event.target.value)} onPressEnter={save} />}
        </Field>
      </Modal>
    </>
  )
}
