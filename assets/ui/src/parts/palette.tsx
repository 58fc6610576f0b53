// Go anywhere by name: pages, capabilities, a run by its id, actions.
import { useQuery } from '@tanstack/react-query'
import { Input, Modal } from 'antd'
import { useEffect, useEffectEvent, useId, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { capabilities } from '@/api/capabilities'
import { may, useMe } from '@/hooks/me'
import { setPrefs, usePrefs } from '@/hooks/prefs'
import { reachable } from '@/layouts/sidebar'
import { paths } from '@/paths'

interface Entry {
  id: string
  kind: 'page' | 'capability' | 'run' | 'action'
  text: string
  act: () => void
}

export default function Palette({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const { t } = useTranslation()
  const me = useMe()
  const prefs = usePrefs()
  const [, navigate] = useLocation()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const asked = text.trim()
  // Enter pressed before the answer came is kept until it does: never open what was listed for other words.
  const entered = useRef(false)
  const found = useQuery({ queryKey: ['capabilities', 'palette', asked], queryFn: ({ signal }) => capabilities.list({ q: asked, limit: 8 }, signal), enabled: may(me, 'capability.view') })

  const entries = useMemo(() => {
    const to = (kind: Entry['kind'], key: string, label: string, path: string): Entry => ({ id: `${kind} ${key}`, kind, text: label, act: () => navigate(path) })
    const pages = reachable(me).map((item) => to('page', item.id, t(`nav.${item.id}`), item.to))
    pages.push(to('page', 'account', t('nav.account'), paths.account()))
    const actions: Entry[] = [
      ...(may(me, 'capability.register') ? [to('action', 'register', t('register.title'), paths.register())] : []),
      { id: 'theme', kind: 'action', text: t(prefs.theme === 'dark' ? 'palette.light' : 'palette.dark'), act: () => setPrefs({ theme: prefs.theme === 'dark' ? 'light' : 'dark' }) },
      { id: 'language', kind: 'action', text: prefs.language === 'zh' ? 'English' : '简体中文', act: () => setPrefs({ language: prefs.language === 'zh' ? 'en' : 'zh' }) },
      { id: 'keys', kind: 'action', text: t('shell.keys'), act: onKeys },
    ]
    const words = asked.toLowerCase()
    const fits = (entry: Entry) => entry.text.toLowerCase().includes(words) || entry.id.includes(words)
    // A name that begins with the words comes before one that only holds them.
    const rank = (name: string) => (name.startsWith(words) ? 0 : 1)
    const units = [...(found.data?.items ?? [])].sort((a, b) => rank(a.name) - rank(b.name)).flatMap((unit) => [
      to('capability', unit.name, unit.title === unit.name ? unit.name : `${unit.title} (${unit.name})`, paths.capability(unit.name)),
      ...(unit.can_run && words ? [to('action', `run ${unit.name}`, t('palette.run', { name: unit.title }), paths.runForm(unit.name))] : []),
    ])
    const run = /^run_[0-9a-z-]+$/i.test(asked) ? [to('run', asked, asked, paths.run(asked))] : []
    return [...run, ...pages.filter(fits), ...units, ...actions.filter(fits)].slice(0, 40)
  }, [asked, found.data, me, navigate, onKeys, prefs, t])

  const chosen = Math.min(at, entries.length - 1)
  const go = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    entry.act()
  }
  const arrived = useEffectEvent(() => {
    if (entered.current) go(entries[chosen])
    entered.current = false
  })
  useEffect(() => {
    if (!found.isFetching) arrived()
  }, [found.isFetching])
  return (
    <Modal open onCancel={onClose} footer={null} closable={false} title={<span className="visually-hidden">{t('shell.find')}</span>} style={{ top: 80 }}>
      <Input
        autoFocus
        size="large"
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={entries[chosen] ? `${id}-${chosen}` : undefined}
        aria-label={t('shell.find')}
        placeholder={t('palette.hint')}
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            const next = (chosen + (event.key === 'ArrowDown' ? 1 : -1) + entries.length) % Math.max(1, entries.length)
            setAt(next)
            document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' })
          } else if (event.key === 'Enter') {
            if (found.isFetching) entered.current = true
            else go(entries[chosen])
          }
        }}
      />
      <ul className="palette-list" role="listbox" id={`${id}-list`} aria-label={t('palette.results')}>
        {entries.map((entry, i) => (
          <li
            key={entry.id}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === chosen}
            onMouseMove={() => setAt(i)}
            onMouseDown={(event) => {
              event.preventDefault()
              go(entry)
            }}
          >
            <span className="clip">{entry.text}</span>
            <span className="kind">{t(`palette.${entry.kind}`)}</span>
          </li>
        ))}
      </ul>
      {entries.length === 0 && <p className="muted">{t('palette.nothing')}</p>}
    </Modal>
  )
}
