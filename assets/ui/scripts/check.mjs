// House rules that the type checker cannot see: equal key sets in both languages, equal help pages, every text key that is used exists,
// and calls that would bypass the one formatter or the one way of putting text on the page.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

const ui = new URL('..', import.meta.url).pathname
const root = join(ui, '../..')
const problems = []

function walk(dir) {
  if (!existsSync(dir)) return []
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
}
function flatten(value, prefix = '') {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? flatten(inner, `${prefix}${key}.`) : [[`${prefix}${key}`, String(inner)]],
  )
}
function texts(language) {
  const all = new Map()
  for (const path of walk(join(ui, 'src/text', language))) {
    if (!path.endsWith('.json')) continue
    const area = path.split('/').at(-1).replace('.json', '')
    for (const [key, text] of flatten(JSON.parse(readFileSync(path, 'utf8')))) all.set(`${area}.${key}`, text)
  }
  return all
}

const en = texts('en')
const zh = texts('zh')
for (const key of en.keys()) if (!zh.has(key)) problems.push(`text/zh lacks ${key}`)
for (const key of zh.keys()) if (!en.has(key)) problems.push(`text/en lacks ${key}`)
const holes = (text) => [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((m) => m[1]).sort().join(',')
for (const [key, text] of en) {
  const other = zh.get(key)
  if (other === undefined) continue
  if (text.trim() === '' || other.trim() === '') problems.push(`${key} is empty`)
  if (holes(text) !== holes(other)) problems.push(`${key} has other placeholders in zh (${holes(text)} / ${holes(other)})`)
}

const banned = [
  [/\.toLocale(Date|Time)?String\(/, 'use format.ts: one formatter, one zone'],
  [/dangerouslySetInnerHTML|\.innerHTML\s*=|insertAdjacentHTML/, 'text only'],
  [/\b(eval|new Function)\(/, 'the policy forbids it'],
  [/https?:\/\/(?!www\.w3\.org\/|127\.0\.0\.1|localhost|json-schema\.org\/)/, 'no other origin'],
]
for (const path of walk(join(ui, 'src'))) {
  if (!/\.(ts|tsx)$/.test(path)) continue
  const source = readFileSync(path, 'utf8')
  const where = relative(ui, path)
  source.split('\n').forEach((line, i) => {
    // Words of the description of the API stand in the generated types as comments.
    for (const [pattern, why] of banned) if (pattern.test(line) && !path.endsWith('.test.ts') && !path.endsWith('generated.ts')) problems.push(`${where}:${i + 1} ${pattern} - ${why}`)
  })
  for (const match of source.matchAll(/\bt\(\s*'([a-z][\w.]*)'/g)) {
    const key = match[1]
    if (!en.has(key) && !en.has(`${key}_other`)) problems.push(`${where} uses the text ${key}, which does not exist`)
  }
  if (source.split('\n').length > 320 && !/api\/(generated|types)/.test(where)) problems.push(`${where} is longer than 320 lines`)
}

// Every address of the API that the console asks for is one that the appliance describes: types alone do not see a wrong address.
const described = new Set(Object.keys(JSON.parse(readFileSync(join(root, 'tests/golden/openapi.json'), 'utf8')).paths).map((path) => path.replace(/\{[^}]+\}/g, '*')))
for (const path of walk(join(ui, 'src/api'))) {
  if (/generated\.ts$/.test(path)) continue
  let source = readFileSync(path, 'utf8')
  for (const [, name, value] of source.matchAll(/const (\w+) = (?:\(\w+: string\) => )?[`']([^`']*)[`']/g)) source = source.replaceAll(new RegExp(`\\$\\{${name}(\\(\\w+\\))?\\}`, 'g'), value).replaceAll(new RegExp(`([(, ])${name}(?=[,)])`, 'g'), `$1'${value}'`)
  for (const [, address] of source.matchAll(/[`'](\/api\/v1\/(?:[^`'$]|\$\{[^`}]*\})*)/g)) {
    const asked = address.replace(/\?.*$/, '').replace(/\$\{.*?\}/g, '*')
    if (!described.has(asked)) problems.push(`${relative(ui, path)} asks for ${asked}, which openapi.json does not describe`)
  }
}

const pages = (language) => walk(join(root, 'docs', language)).map((path) => relative(join(root, 'docs', language), path)).sort()
const [docsEn, docsZh] = [pages('en'), pages('zh')]
for (const page of docsEn) if (!docsZh.includes(page)) problems.push(`docs/zh lacks ${page}`)
for (const page of docsZh) if (!docsEn.includes(page)) problems.push(`docs/en lacks ${page}`)

if (problems.length > 0) {
  console.error(problems.join('\n'))
  console.error(`${problems.length} problems`)
  process.exit(1)
}
console.log(`${en.size} texts in two languages, ${docsEn.length} help pages in each: nothing to complain about`)
