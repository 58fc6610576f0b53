// Which values of an input a standing approval covers, in words. Mirrors `domain::approval::standing::Matcher`.
import { useTranslation } from 'react-i18next'

export type Matcher = 'any' | { equals: unknown } | { one_of: unknown[] } | { matches: string } | { between: { least: number; most: number } }

export function MatcherText({ pattern }: { pattern: Record<string, Matcher> }) {
  const { t } = useTranslation()
  const names = Object.keys(pattern)
  if (names.length === 0) return <span className="muted">{t('run_form.no_inputs')}</span>
  return (
    <ul className="plain-list">
      {names.map((name) => {
        const matcher = pattern[name] as Matcher
        const how = typeof matcher === 'string' ? 'any' : (Object.keys(matcher)[0] ?? 'any')
        return (
          <li key={name} className="break">
            <code>{name}</code> {t(`standing.${how}`)} {typeof matcher !== 'string' && <code>{valueText(matcher)}</code>}
          </li>
        )
      })}
    </ul>
  )
}

function valueText(matcher: Exclude<Matcher, string>): string {
  if ('equals' in matcher) return JSON.stringify(matcher.equals)
  if ('one_of' in matcher) return matcher.one_of.map((one) => JSON.stringify(one)).join(', ')
  if ('matches' in matcher) return matcher.matches
  return `${matcher.between.least} … ${matcher.between.most}`
}
