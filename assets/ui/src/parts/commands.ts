// The same run as a command line and as a request. Secrets are never in inputs, so both can be shown.
import type { JsonObject } from '@/api/types'

export function asCli(capability: string, version: number | undefined, inputs: JsonObject): string {
  const run = `execgov run ${quote(version ? `${capability}@${version}` : capability)}`
  if (Object.keys(inputs).length === 0) return `${run} --wait --follow`
  return `echo ${quote(JSON.stringify(inputs))} | ${run} --input-json - --wait --follow`
}

export function asCurl(origin: string, capability: string, version: number | undefined, inputs: JsonObject): string {
  const body = JSON.stringify(version ? { capability, version, inputs } : { capability, inputs })
  return ['curl', '--fail-with-body', `${origin}/api/v1/runs`, '-H', '"Authorization: Bearer $EXECGOV_TOKEN"', '-H', quote('Content-Type: application/json'), '-d', quote(body)].join(' ')
}

/** One shell word. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
