// The part of a log that this page holds: blocks of lines fetched by range, lines that arrive live, and nothing twice.
import type { LogLine, LogPage } from '@/api/types'

export const BLOCK = 500
/** Blocks kept: about 40,000 lines. Those seen longest ago go first. */
const KEEP = 80

export type Fetch = (from: number, count: number, signal: AbortSignal) => Promise<LogPage>

export class LogStore {
  total = 0
  sealed = false
  opened = false
  error: unknown
  /** How long the last live line was on its way, by the clock of the appliance. */
  lagMs = 0

  #blocks = new Map<number, (LogLine | undefined)[]>()
  #asked = new Set<number>()
  #listeners = new Set<() => void>()
  #version = 0
  #told = false
  #abort = new AbortController()
  readonly #fetch: Fetch

  constructor(fetch: Fetch) {
    this.#fetch = fetch
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  version = (): number => this.#version

  line(n: number): LogLine | undefined {
    return this.#blocks.get(Math.floor((n - 1) / BLOCK))?.[(n - 1) % BLOCK]
  }

  /** Takes lines from any source. A line already held is not replaced; the total only grows. */
  add(page: LogPage): void {
    for (const line of page.lines) {
      const at = Math.floor((line.n - 1) / BLOCK)
      let block = this.#blocks.get(at)
      if (!block) this.#blocks.set(at, (block = []))
      block[(line.n - 1) % BLOCK] ??= line
    }
    this.total = Math.max(this.total, page.total, page.lines.at(-1)?.n ?? 0)
    this.sealed ||= page.sealed
    this.opened = true
    this.#tell()
  }

  seal(): void {
    this.sealed = true
    this.#tell()
  }

  /** Sees to it that these lines come. */
  want(from: number, to: number): void {
    const first = Math.floor((Math.max(1, from) - 1) / BLOCK)
    const last = Math.floor((Math.max(1, Math.min(to, this.total)) - 1) / BLOCK)
    for (let at = first; at <= last; at += 1) {
      if (this.#complete(at)) this.#touch(at)
      else if (!this.#asked.has(at)) void this.#load(at)
    }
  }

  /** Every line of a range, fetched where needed; for copying and filtering. */
  async read(from: number, to: number): Promise<LogLine[]> {
    const lines: LogLine[] = []
    for (let at = from; at <= to; at += 10_000) {
      const page = await this.#fetch(at, Math.min(10_000, to - at + 1), this.#abort.signal)
      for (const line of page.lines) if (line.n <= to) lines.push(line)
      if (page.lines.length === 0) break
    }
    return lines
  }

  close(): void {
    this.#abort.abort()
    this.#listeners.clear()
    this.#blocks.clear()
  }

  async #load(at: number): Promise<void> {
    this.#asked.add(at)
    try {
      this.add(await this.#fetch(at * BLOCK + 1, BLOCK, this.#abort.signal))
      this.error = undefined
      this.#evict(at)
    } catch (cause) {
      if (!this.#abort.signal.aborted) {
        this.error = cause
        this.#tell()
      }
    } finally {
      this.#asked.delete(at)
    }
  }

  #complete(at: number): boolean {
    const block = this.#blocks.get(at)
    if (!block) return false
    const wanted = Math.min(BLOCK, this.total - at * BLOCK)
    if (block.length < wanted) return false
    for (let i = 0; i < wanted; i += 1) if (!block[i]) return false
    return true
  }

  #touch(at: number): void {
    const block = this.#blocks.get(at)
    if (!block) return
    this.#blocks.delete(at)
    this.#blocks.set(at, block)
  }

  #evict(keep: number): void {
    for (const at of this.#blocks.keys()) {
      if (this.#blocks.size <= KEEP) return
      if (Math.abs(at - keep) > 2) this.#blocks.delete(at)
    }
  }

  /** Once a frame, however many lines came. */
  #tell(): void {
    if (this.#told) return
    this.#told = true
    requestAnimationFrame(() => {
      this.#told = false
      this.#version += 1
      for (const listener of this.#listeners) listener()
    })
  }
}
