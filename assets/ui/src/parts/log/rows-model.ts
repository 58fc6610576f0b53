// Which line stands in which row: all lines, or only some, with folded groups and a window for very long logs.

export interface Fold {
  /** The line with the heading, which stays visible. */
  head: number
  /** The last hidden line. */
  end: number
}

/** Rows at one time: browsers limit the height of an element. */
export const WINDOW = 200_000

export interface RowModel {
  count: number
  /** The line in row `i`, from 0. */
  line: (i: number) => number
  /** The row of a line, or of the nearest one that is shown. */
  row: (n: number) => number
}

/** Every line from `base + 1` to `last`, without the insides of folds (sorted, not overlapping). */
export function foldedRows(base: number, last: number, folds: readonly Fold[]): RowModel {
  const inside = folds.filter((fold) => fold.head > base && fold.head < last).map((fold) => ({ head: fold.head, hidden: Math.min(fold.end, last) - fold.head }))
  const hidden = inside.reduce((sum, fold) => sum + fold.hidden, 0)
  return {
    count: Math.max(0, last - base - hidden),
    line: (i) => {
      let n = base + 1 + i
      for (const fold of inside) {
        if (fold.head >= n) break
        n += fold.hidden
      }
      return n
    },
    row: (n) => {
      let row = n - base - 1
      for (const fold of inside) {
        if (fold.head >= n) break
        row -= Math.min(fold.hidden, n - fold.head)
      }
      return Math.max(0, row)
    },
  }
}

/** Only these lines, in ascending order. */
export function chosenRows(lines: readonly number[]): RowModel {
  return {
    count: lines.length,
    line: (i) => lines[i] ?? 0,
    row: (n) => {
      let low = 0
      let high = lines.length
      while (low < high) {
        const middle = (low + high) >> 1
        if ((lines[middle] as number) < n) low = middle + 1
        else high = middle
      }
      return Math.min(low, Math.max(0, lines.length - 1))
    },
  }
}

/** Adds or removes a fold; folds inside another are swallowed. */
export function toggleFold(folds: readonly Fold[], fold: Fold): Fold[] {
  if (folds.some((one) => one.head === fold.head)) return folds.filter((one) => one.head !== fold.head)
  return [...folds.filter((one) => one.head < fold.head || one.head > fold.end), fold].sort((a, b) => a.head - b.head)
}

/** `#L49-L60` or `#L49`. */
export function parseMark(hash: string): { from: number; to: number } | undefined {
  const match = /^#L(\d{1,15})(?:-L?(\d{1,15}))?$/.exec(hash)
  if (!match) return undefined
  const a = Number(match[1])
  const b = match[2] ? Number(match[2]) : a
  return a < 1 || b < 1 ? undefined : { from: Math.min(a, b), to: Math.max(a, b) }
}

export function formatMark({ from, to }: { from: number; to: number }): string {
  return from === to ? `#L${from}` : `#L${from}-L${to}`
}

const GROUP = /^(?:##\[group\]|::group::)(.*)$/
const END = /^(?:##\[endgroup\]|::endgroup::)/

export function groupTitle(text: string): string | undefined {
  return GROUP.exec(text)?.[1]?.trim()
}

export function isGroupEnd(text: string): boolean {
  return END.test(text)
}

/** What to highlight, as a pattern of the browser; nothing when the expression is of another dialect. */
export function pattern(text: string, regex: boolean, exactCase: boolean): RegExp | undefined {
  if (text === '') return undefined
  try {
    return new RegExp(regex ? text : text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), exactCase ? 'gu' : 'giu')
  } catch {
    return undefined
  }
}
