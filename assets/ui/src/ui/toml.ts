// Writes a value as TOML 1.0. Tables of tables become `[a.b]`; what lies deeper than that stands inline.

type Value = string | number | boolean | Value[] | { [key: string]: Value | undefined }
export type Table = { [key: string]: Value | undefined }

/** JSON's escapes are TOML's, and the letter that JSON leaves alone (DEL) is escaped too. */
const text = (value: string) => JSON.stringify(value).replaceAll('\u007f', '\\u007f')
const key = (name: string) => (/^[A-Za-z0-9_-]+$/.test(name) ? name : text(name))
const isTable = (value: Value): value is Table => typeof value === 'object' && !Array.isArray(value)
const given = (table: Table) => Object.entries(table).filter((entry): entry is [string, Value] => entry[1] !== undefined)

function inline(value: Value): string {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (isTable(value)) return `{ ${given(value).map(([name, inner]) => `${key(name)} = ${inline(inner)}`).join(', ')} }`.replace('{  }', '{}')
  return String(value)
}

/** `isOpened` says which tables get a heading of their own, such as `[http]` and `[http.response]`. */
export function toToml(table: Table, isOpened: (path: string[]) => boolean): string {
  const blocks: string[] = []
  const write = (at: string[], inner: Table) => {
    const opens = (name: string, value: Value): value is Table => isTable(value) && isOpened([...at, name])
    const lines = given(inner).filter(([name, value]) => !opens(name, value)).map(([name, value]) => `${key(name)} = ${inline(value)}`)
    if (lines.length > 0) blocks.push([...(at.length > 0 ? [`[${at.map(key).join('.')}]`] : []), ...lines].join('\n'))
    for (const [name, value] of given(inner)) if (opens(name, value)) write([...at, name], value)
  }
  write([], table)
  return `${blocks.join('\n\n')}\n`
}
