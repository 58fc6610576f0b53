import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { checkEnvelope, preAuthentication, publicKey } from './envelope'
import { checkInclusion, rootFrom } from './inclusion'

const sha = (...parts: Uint8Array[]) => new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest())
const leafOf = (text: string) => sha(Uint8Array.of(0), new TextEncoder().encode(text))

/** RFC 6962, 2.1: the slow and plain definition. */
function tree(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha(Uint8Array.of(1), tree(leaves.slice(0, split)), tree(leaves.slice(split)))
}
function path(index: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length <= 1) return []
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return index < split ? [...path(index, leaves.slice(0, split)), tree(leaves.slice(split))] : [...path(index - split, leaves.slice(split)), tree(leaves.slice(0, split))]
}
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

test('every entry of every small log is proven, and no other bytes are', async () => {
  for (let size = 1; size <= 17; size += 1) {
    const texts = Array.from({ length: size }, (_, i) => `{"n":${i}}`)
    const leaves = texts.map(leafOf)
    const root = tree(leaves)
    for (let i = 0; i < size; i += 1) {
      expect(await rootFrom(i, size, leaves[i] as Uint8Array, path(i, leaves))).toEqual(root)
      const proof = { entry: { index: i } as never, raw: texts[i] as string, leaf_hash: base64(leaves[i] as Uint8Array), checkpoint: `log\n${size}\n${base64(root)}\n`, inclusion: path(i, leaves).map(base64) }
      expect(await checkInclusion(proof)).toBe('good')
      expect(await checkInclusion({ ...proof, raw: `${proof.raw} ` })).toBe('leaf')
      if (size > 1) expect(await checkInclusion({ ...proof, inclusion: proof.inclusion.slice(1) })).toBe('root')
    }
  }
})

test('a receipt is genuine only with the key that signed it and for the run it names', async () => {
  const { privateKey, publicKey: key } = generateKeyPairSync('ed25519')
  const raw = Buffer.from((key.export({ format: 'jwk' }) as { x: string }).x, 'base64url')
  const verifier = `execgov/x+0a1b2c3d+${Buffer.concat([Buffer.from([1]), raw]).toString('base64')}`
  expect(publicKey(verifier)).toEqual(new Uint8Array(raw))
  const expected = { run: 'run_1', inputs: 'aa', version: 'bb' }
  const envelope = { payloadType: 'application/vnd.in-toto+json', payload: Buffer.from(JSON.stringify(expected)).toString('base64'), signatures: [{ sig: '' }] }
  envelope.signatures[0] = { sig: sign(null, preAuthentication(envelope), privateKey).toString('base64') }
  expect((await checkEnvelope(envelope, verifier, expected)).said).toBe('good')
  expect((await checkEnvelope(envelope, verifier, { ...expected, run: 'run_2' })).said).toBe('mismatch')
  expect((await checkEnvelope({ ...envelope, payload: Buffer.from('{}').toString('base64') }, verifier, expected)).said).toBe('bad')
  expect((await checkEnvelope(envelope, undefined, expected)).said).toBe('no_key')
})
