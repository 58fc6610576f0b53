// Which lines two texts do not share: Myers' shortest edit script (1986), as a unified diff.

/** Edits after which two texts are too different for a diff to say anything, and memory stays bounded (its square). */
const MOST_EDITS = 1_500
const CONTEXT = 3

type Edit = { kind: ' ' | '-' | '+'; line: string; a: number; b: number }

/** The unified diff, empty when the texts are equal, or nothing when they are too different. */
export function unifiedDiff(a: readonly string[], b: readonly string[]): string | undefined {
  let from = 0
  while (from < a.length && from < b.length && a[from] === b[from]) from += 1
  let toA = a.length
  let toB = b.length
  while (toA > from && toB > from && a[toA - 1] === b[toB - 1]) {
    toA -= 1
    toB -= 1
  }
  if (from === toA && from === toB) return ''
  const middle = edits(a.slice(from, toA), b.slice(from, toB))
  if (!middle) return undefined
  const same = (i: number, j: number): Edit => ({ kind: ' ', line: a[i] as string, a: i, b: j })
  const before = Array.from({ length: Math.min(CONTEXT, from) }, (_, i) => from - Math.min(CONTEXT, from) + i).map((i) => same(i, i))
  const after = Array.from({ length: Math.min(CONTEXT, a.length - toA) }, (_, i) => same(toA + i, toB + i))
  return hunks([...before, ...middle.map((edit) => ({ ...edit, a: edit.a + from, b: edit.b + from })), ...after])
}

function edits(a: readonly string[], b: readonly string[]): Edit[] | undefined {
  const most = Math.min(a.length + b.length, MOST_EDITS)
  const reach = new Int32Array(2 * most + 3)
  const at = (k: number) => reach[k + most + 1] as number
  const trace: Int32Array[] = []
  for (let d = 0; d <= most; d += 1) {
    trace.push(reach.slice(most + 1 - d - 1, most + 1 + d + 2))
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1
      reach[k + most + 1] = x
      if (x >= a.length && x - k >= b.length) return backtrack(a, b, trace, d)
    }
  }
  return undefined
}

function backtrack(a: readonly string[], b: readonly string[], trace: Int32Array[], length: number): Edit[] {
  const out: Edit[] = []
  let x = a.length
  let y = b.length
  for (let d = length; d > 0; d -= 1) {
    const reached = trace[d] as Int32Array
    const at = (k: number) => reached[k + d + 1] as number
    const k = x - y
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1))
    const startX = at(down ? k + 1 : k - 1)
    const startY = startX - (down ? k + 1 : k - 1)
    const afterX = down ? startX : startX + 1
    while (x > afterX) {
      x -= 1
      y -= 1
      out.push({ kind: ' ', line: a[x] as string, a: x, b: y })
    }
    if (down) out.push({ kind: '+', line: b[startY] as string, a: startX, b: startY })
    else out.push({ kind: '-', line: a[startX] as string, a: startX, b: startY })
    x = startX
    y = startY
  }
  while (x > 0) {
    x -= 1
    y -= 1
    out.push({ kind: ' ', line: a[x] as string, a: x, b: y })
  }
  return out.reverse()
}

/** Changes with a few equal lines around them, under the head that such a diff has everywhere; what is far from any change is left out. */
function hunks(all: Edit[]): string {
  const near = new Set<number>()
  for (const [i, edit] of all.entries()) if (edit.kind !== ' ') for (let j = i - CONTEXT; j <= i + CONTEXT; j += 1) near.add(j)
  const pieces: Edit[][] = []
  for (const [i, edit] of all.entries()) {
    if (!near.has(i)) continue
    if (near.has(i - 1) && pieces.length > 0) pieces.at(-1)?.push(edit)
    else pieces.push([edit])
  }
  return pieces.map((piece) => `@@ -${range(piece, 'a', '+')} +${range(piece, 'b', '-')} @@\n${piece.map((edit) => `${edit.kind}${edit.line}\n`).join('')}`).join('')
}

/** First line and number of lines on one side; of none, the line before. */
function range(piece: Edit[], side: 'a' | 'b', other: '+' | '-'): string {
  const count = piece.filter((edit) => edit.kind !== other).length
  const first = (piece[0] as Edit)[side] + (count === 0 ? 0 : 1)
  return count === 1 ? `${first}` : `${first},${count}`
}
