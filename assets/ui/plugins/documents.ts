// Makes the help pages (docs/{en,zh}), the error pages (assets/errors) and the notices of the repository part of the bundle, as text.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Plugin } from 'vite'

export interface HelpPage {
  id: string
  title: string
  text: string
}
export interface ErrorPage {
  title: string
  text: string
}

const ROOT = resolve(import.meta.dirname, '../../..')
const ORDER = ['tutorials', 'how-to', 'reference', 'explanation']

export function readHelp(language: string, root = ROOT): HelpPage[] {
  const base = join(root, 'docs', language)
  // The topics of `execgov help` are pages here too.
  const all = [...ORDER.map((section) => [section, join(base, section)] as const), ['command-line', join(root, 'assets/help', language)] as const]
  return all.flatMap(([section, dir]) => {
    if (!existsSync(dir)) return []
    return readdirSync(dir)
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => {
        const text = readFileSync(join(dir, name), 'utf8')
        // A title is plain text: in lists, in crumbs, in the name of the window.
        const title = /^#\s+(.+)$/m.exec(text)?.[1]?.trim().replaceAll('`', '') ?? name
        return { id: `${section}/${name.slice(0, -3)}`, title, text }
      })
  })
}

export function readErrors(language: string, root = ROOT): Record<string, ErrorPage> {
  const dir = join(root, 'assets/errors')
  if (!existsSync(dir)) return {}
  const pages: Record<string, ErrorPage> = {}
  for (const name of readdirSync(dir).filter((file) => /^EG-[A-Z]+-\d+\.md$/.test(file)).sort()) {
    const halves = readFileSync(join(dir, name), 'utf8').split(/\n---\n/)
    const text = (language === 'zh' ? (halves[1] ?? halves[0]) : halves[0])?.trim() ?? ''
    const title = /^#\s+EG-[A-Z]+-\d+\s*[:：]\s*(.+)$/m.exec(text)?.[1]?.trim() ?? name
    pages[name.slice(0, -3)] = { title, text: text.replace(/^#.*\n/, '').trim() }
  }
  return pages
}

export function documents(): Plugin {
  const names = /^virtual:(?:(help|error-titles|error-pages)-(en|zh)|(notices))$/
  return {
    name: 'repository-documents',
    resolveId: (source) => (names.test(source) ? `\0${source}` : null),
    load(source) {
      const match = source.startsWith('\0') ? names.exec(source.slice(1)) : null
      if (!match) return null
      const [, what, language = 'en', notices] = match
      if (notices) return `export default ${JSON.stringify(readFileSync(join(ROOT, 'LICENSE-NOTICES'), 'utf8'))}`
      if (what === 'help') return `export default ${JSON.stringify(readHelp(language))}`
      const pages = readErrors(language)
      if (what === 'error-pages') return `export default ${JSON.stringify(pages)}`
      return `export default ${JSON.stringify(Object.fromEntries(Object.entries(pages).map(([code, page]) => [code, page.title])))}`
    },
  }
}
