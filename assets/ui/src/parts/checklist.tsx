// The onboarding checklist: what is there, what is missing, what would be better.
import { BulbOutlined, CheckCircleOutlined, ExclamationCircleOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import type { ChecklistItem } from '@/api/types'
import { usePrefs } from '@/hooks/prefs'

const ORDER = { missing: 0, advice: 1, done: 2 }

export function Checklist({ items }: { items: ChecklistItem[] }) {
  const { t } = useTranslation()
  const done = items.filter((item) => item.state === 'done').length
  const sorted = [...items].sort((a, b) => ORDER[a.state] - ORDER[b.state])
  return (
    <div className="stack">
      <div className="muted num">{t('checklist.done_of', { done, total: items.length })}</div>
      <ul className="checklist">
        {sorted.map((item) => (
          <li key={item.id}>
            <State state={item.state} />
            <div className="grow">
              {t(`checklist.${item.id}`, { defaultValue: item.id.replaceAll('_', ' ') })}
              {item.detail && item.state !== 'done' && <How item={item} />}
            </div>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** The appliance says in English what it found; in another language the console says what to do. */
function How({ item }: { item: ChecklistItem }) {
  const { t } = useTranslation()
  const { language } = usePrefs()
  const own = language === 'en' ? '' : t(`checklist_how.${item.id}`, { defaultValue: '' })
  return (
    <div className="detail" lang={own ? undefined : 'en'}>
      {own || item.detail}
    </div>
  )
}

function State({ state }: { state: ChecklistItem['state'] }) {
  const { t } = useTranslation()
  const [tone, Icon] = state === 'done' ? (['ok', CheckCircleOutlined] as const) : state === 'missing' ? (['bad', ExclamationCircleOutlined] as const) : (['', BulbOutlined] as const)
  return (
    <span className={`tag ${tone}`}>
      <Icon aria-hidden />
      {t(`checklist_state.${state}`)}
    </span>
  )
}
