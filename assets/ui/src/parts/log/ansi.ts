// One line of output as coloured pieces. Only SGR colours and weights have an effect; every other escape sequence is dropped,
// control and direction marks are made visible. Works on one line at a time, so that only what is on screen is tokenised.

export interface Piece {
  text: string
  color?: string
  background?: string
  bold?: boolean
  italic?: boolean
  underline?: boolean
  dim?: boolean
}

const SURFACE: Rgb = [13, 17, 23]
type Rgb = [number, number, number]

/** The sixteen colours, each at least 4.5 : 1 on the log surface. */
const BASE: Rgb[] = [
  [139, 151, 165], [255, 123, 114], [86, 211, 100], [227, 179, 65], [121, 184, 255], [210, 168, 255], [86, 212, 221], [213, 221, 230],
  [160, 170, 182], [255, 161, 152], [126, 231, 135], [242, 204, 96], [165, 214, 255], [226, 197, 255], [137, 233, 238], [255, 255, 255],
]

function luminance([r, g, b]: Rgb): number {
  const part = (value: number) => {
    const v = value / 255
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
}

export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

/** The colour itself where it can be read, else moved towards white or black until it can. */
export function readable(color: Rgb, on: Rgb): Rgb {
  const goal = luminance(on) < 0.179 ? 255 : 0
  let at = color
  for (let i = 0; i < 20 && contrast(at, on) < 4.5; i += 1) at = at.map((value) => Math.round(value + (goal - value) * 0.15)) as Rgb
  return contrast(at, on) < 4.5 ? [goal, goal, goal] : at
}

function indexed(n: number): Rgb | undefined {
  if (n < 0 || n > 255) return undefined
  if (n < 16) return BASE[n]
  if (n >= 232) {
    const grey = 8 + (n - 232) * 10
    return [grey, grey, grey]
  }
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40)
  const at = n - 16
  return [level(Math.floor(at / 36)), level(Math.floor(at / 6) % 6), level(at % 6)]
}

interface Style {
  fg?: Rgb
  bg?: Rgb
  bold?: boolean
  italic?: boolean
  underline?: boolean
  dim?: boolean
  inverse?: boolean
}

function applySgr(style: Style, text: string): Style {
  const codes = text === '' ? [0] : text.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)))
  let next = { ...style }
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i] as number
    if (code === 0) next = {}
    else if (code === 1) next.bold = true
    else if (code === 2) next.dim = true
    else if (code === 3) next.italic = true
    else if (code === 4) next.underline = true
    else if (code === 7) next.inverse = true
    else if (code === 22) next.bold = next.dim = undefined
    else if (code === 23) next.italic = undefined
    else if (code === 24) next.underline = undefined
    else if (code === 27) next.inverse = undefined
    else if (code >= 30 && code <= 37) next.fg = BASE[code - 30]
    else if (code >= 90 && code <= 97) next.fg = BASE[code - 82]
    else if (code >= 40 && code <= 47) next.bg = BASE[code - 40]
    else if (code >= 100 && code <= 107) next.bg = BASE[code - 92]
    else if (code === 39) next.fg = undefined
    else if (code === 49) next.bg = undefined
    else if (code === 38 || code === 48) {
      let color: Rgb | undefined
      if (codes[i + 1] === 5) {
        color = indexed(codes[i + 2] ?? -1)
        i += 2
      } else if (codes[i + 1] === 2) {
        const parts = codes.slice(i + 2, i + 5)
        if (parts.length === 3 && parts.every((part) => part >= 0 && part <= 255)) color = parts as Rgb
        i += 4
      }
      if (color) next[code === 38 ? 'fg' : 'bg'] = color
    }
  }
  return next
}

const css = (color: Rgb) => `rgb(${color.join(', ')})`

function toPiece(text: string, style: Style): Piece {
  const piece: Piece = { text }
  let { fg, bg } = style
  if (style.inverse) [fg, bg] = [bg ?? SURFACE, fg ?? [213, 221, 230]]
  if (bg) piece.background = css(bg)
  if (fg) piece.color = css(readable(fg, bg ?? SURFACE))
  else if (bg) piece.color = css(readable([213, 221, 230], bg))
  if (style.bold) piece.bold = true
  if (style.italic) piece.italic = true
  if (style.underline) piece.underline = true
  if (style.dim) piece.dim = true
  return piece
}

// CSI, OSC and other string sequences (ended by BEL or ST, or cut off), two-byte escapes.
// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b\[([0-9:;<=>?]*)[ -/]*([@-~])|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?|\u009b([0-9:;<=>?]*)[ -/]*([@-~])/g
// eslint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

function visible(text: string): string {
  return text.replace(HIDDEN, (c) => `⟨${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`)
}

/** A progress bar rewrites its line after each carriage return: the last state is what counts. */
export function lastState(text: string): string {
  const body = text.endsWith('\r') ? text.slice(0, -1) : text
  const at = body.lastIndexOf('\r')
  return at < 0 ? body : body.slice(at + 1)
}

export function tokenize(text: string): Piece[] {
  const source = lastState(text)
  if (!/[\u001b\u009b]/.test(source)) return source === '' ? [] : [{ text: visible(source) }]
  const pieces: Piece[] = []
  let style: Style = {}
  let from = 0
  const push = (to: number) => {
    if (to > from) pieces.push(toPiece(visible(source.slice(from, to)), style))
  }
  for (const match of source.matchAll(ESCAPES)) {
    push(match.index)
    from = match.index + match[0].length
    if (match[2] === 'm' || match[4] === 'm') style = applySgr(style, match[1] ?? match[3] ?? '')
  }
  push(source.length)
  return pieces
}

/** The text without colours, as it is shown and found. */
export function plain(text: string): string {
  return tokenize(text)
    .map((piece) => piece.text)
    .join('')
}
