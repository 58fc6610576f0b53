// Keeps only the rules of the Ant Design components that the console uses: the full sheet is 75 kB
// compressed, ours a third. A component missing from the list looks unstyled at once, so it cannot be forgotten.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Plugin } from 'vite'

const KEEP = [
  'btn', 'input', 'select', 'checkbox', 'radio', 'segmented', 'modal', 'drawer', 'dropdown', 'menu', 'tooltip', 'popover',
  'popconfirm', 'message', 'notification', 'picker', 'space', 'wave', 'empty', 'app', 'switch', 'slide', 'zoom', 'fade', 'move',
  'motion', 'scrollbar', 'otp', 'click', 'css-var-root', 'tag', 'icon', 'skeleton', 'spin',
]

function keeps(selector: string): boolean {
  const names = [...selector.matchAll(/(?<![a-z])ant-([a-z]+)/g)].map((match) => match[1] ?? '')
  return names.length === 0 || names.every((name) => KEEP.includes(name))
}

/** Drops rules by selector; at-rules are kept when something inside them is. */
export function prune(css: string): string {
  let out = ''
  let at = 0
  while (at < css.length) {
    const open = css.indexOf('{', at)
    if (open < 0) break
    const head = css.slice(at, open).trim()
    let depth = 1
    let end = open + 1
    while (end < css.length && depth > 0) {
      const c = css.charCodeAt(end)
      if (c === 123) depth += 1
      else if (c === 125) depth -= 1
      end += 1
    }
    const body = css.slice(open + 1, end - 1)
    if (head.startsWith('@keyframes') || head.startsWith('@font-face')) {
      out += `${head}{${body}}`
    } else if (head.startsWith('@')) {
      const inner = prune(body)
      if (inner) out += `${head}{${inner}}`
    } else {
      const kept = splitSelectors(head).filter(keeps)
      if (kept.length > 0) out += `${kept.join(',')}{${body}}`
    }
    at = end
  }
  return out
}

function splitSelectors(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i]
    if (c === '(' || c === '[') depth += 1
    else if (c === ')' || c === ']') depth -= 1
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(from, i))
      from = i + 1
    }
  }
  parts.push(text.slice(from))
  return parts.map((part) => part.trim())
}

export function prunedAntd(): Plugin {
  const id = 'virtual:antd.css'
  const path = createRequire(import.meta.url).resolve('antd/dist/antd.css')
  return {
    name: 'pruned-antd-css',
    enforce: 'pre',
    resolveId: (source) => (source === id ? '\0antd-pruned.css' : null),
    load: (source) => (source === '\0antd-pruned.css' ? prune(readFileSync(path, 'utf8')) : null),
  }
}
