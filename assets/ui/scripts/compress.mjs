// Replaces every file of dist that gains by it by two compressed bodies, .br and .gz; the server picks one by Accept-Encoding and
// unpacks the second for a client that takes neither, so the binary does not carry a third copy.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const dist = new URL('../dist', import.meta.url).pathname
function walk(dir) {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
}
for (const path of walk(dist)) {
  if (!/assets\/.*\.(js|css|svg|json|txt)$/.test(path)) continue
  const body = readFileSync(path)
  if (body.length < 512) continue
  const br = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } })
  writeFileSync(`${path}.br`, br)
  writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }))
  rmSync(path)
}
