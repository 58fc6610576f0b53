const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Twenty letters and digits that are not mistaken for each other: about 116 bits. */
export function makePassword(): string {
  const out: string[] = []
  while (out.length < 20) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      // Without the remainder of the last, incomplete round every letter is as likely as any other.
      if (byte < 256 - (256 % LETTERS.length) && out.length < 20) out.push(LETTERS[byte % LETTERS.length] as string)
    }
  }
  return out.join('')
}
