// Recomputes an RFC 6962 inclusion proof: the exact bytes of an entry lead to the root in the checkpoint.
import type { AuditProof } from '@/api/types'

export type Inclusion = 'good' | 'leaf' | 'root' | 'no_crypto'

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

async function sha256(...parts: Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole))
}

/** RFC 9162, 2.1.3.2. */
export async function rootFrom(index: number, size: number, leaf: Uint8Array, path: Uint8Array[]): Promise<Uint8Array | undefined> {
  if (index >= size) return undefined
  let fn = index
  let sn = size - 1
  let r: Uint8Array = leaf
  const node = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(1), left, right)
  for (const p of path) {
    if (sn === 0) return undefined
    if (fn % 2 === 1 || fn === sn) {
      r = await node(p, r)
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2)
        sn = Math.floor(sn / 2)
      }
    } else r = await node(r, p)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 ? r : undefined
}

export async function checkInclusion(proof: AuditProof): Promise<Inclusion> {
  // Browsers give digests on safe origins only (TLS or loopback).
  if (!crypto.subtle) return 'no_crypto'
  const leaf = await sha256(Uint8Array.of(0), new TextEncoder().encode(proof.raw))
  if (!equal(leaf, decode(proof.leaf_hash))) return 'leaf'
  const [, size = '', root = ''] = proof.checkpoint.split('\n')
  const found = await rootFrom(proof.entry.index, Number(size), leaf, proof.inclusion.map(decode))
  return found && equal(found, decode(root)) ? 'good' : 'root'
}
