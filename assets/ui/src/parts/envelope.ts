// Checks a DSSE envelope in the browser: pre-authentication encoding, Ed25519, and that its words fit the run shown.
// The key is the appliance's own verifier key (C2SP signed note: name+hash+base64 of 0x01 and the public key).

export interface Envelope {
  payloadType: string
  payload: string
  signatures: { keyid?: string; sig: string }[]
}

export interface Check {
  ok: boolean
  /** Whether the signature could be judged at all. */
  known: boolean
  said: 'good' | 'bad' | 'mismatch' | 'no_key' | 'no_crypto'
  matches: { name: 'run' | 'inputs' | 'version'; ok: boolean }[]
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64.replaceAll('-', '+').replaceAll('_', '/'))
  const out = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i += 1) out[i] = text.charCodeAt(i)
  return out
}

export function decodePayload(envelope: Envelope): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes(envelope.payload)))
  } catch {
    return envelope.payload
  }
}

/** DSSE, "PAE": `DSSEv1 <len> <type> <len> <body>`. */
export function preAuthentication(envelope: Envelope): Uint8Array<ArrayBuffer> {
  const body = bytes(envelope.payload)
  const type = new TextEncoder().encode(envelope.payloadType)
  const head = new TextEncoder().encode(`DSSEv1 ${type.length} ${envelope.payloadType} ${body.length} `)
  const out = new Uint8Array(head.length + body.length)
  out.set(head)
  out.set(body, head.length)
  return out
}

/** The raw Ed25519 key in a verifier key, if it is one. */
export function publicKey(verifier: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  const last = verifier?.slice(verifier.lastIndexOf('+') + 1) ?? ''
  // A base64 text may itself hold a plus: the key is everything after the second one.
  const parts = verifier?.split('+') ?? []
  for (const text of [parts.slice(2).join('+'), last]) {
    try {
      const raw = bytes(text)
      if (raw.length === 33 && raw[0] === 1) return raw.slice(1)
      if (raw.length === 32) return raw
    } catch {
      // Not this reading.
    }
  }
  return undefined
}

export async function checkEnvelope(envelope: Envelope, verifier: string | undefined, expected: { run: string; inputs: string; version: string }): Promise<Check> {
  const text = new TextDecoder().decode(bytes(envelope.payload))
  const matches = (['run', 'inputs', 'version'] as const).map((name) => ({ name, ok: text.includes(expected[name]) }))
  const raw = publicKey(verifier)
  if (!raw) return { ok: false, known: false, said: 'no_key', matches }
  if (!crypto.subtle) return { ok: false, known: false, said: 'no_crypto', matches }
  try {
    const key = await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify'])
    const signed = preAuthentication(envelope)
    for (const signature of envelope.signatures) {
      if (await crypto.subtle.verify('Ed25519', key, bytes(signature.sig), signed)) {
        const fits = matches.every((one) => one.ok)
        return { ok: fits, known: true, said: fits ? 'good' : 'mismatch', matches }
      }
    }
    return { ok: false, known: true, said: 'bad', matches }
  } catch {
    return { ok: false, known: false, said: 'no_crypto', matches }
  }
}
