// The lines of a unified diff with their numbers in the newer file.

export interface DiffLine {
  text: string
  kind: 'add' | 'del' | 'at' | ''
  /** In the newer file, from 1; a removed line has none. */
  line?: number
}

export function unifiedLines(text: string): DiffLine[] {
  let next: number | undefined
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line): DiffLine => {
      const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(line)
      if (hunk) {
        next = Number(hunk[1])
        return { text: line, kind: 'at' }
      }
      // Before the first hunk stand the names of the files.
      if (next === undefined || line.startsWith('\\')) return { text: line, kind: '' }
      if (line.startsWith('-')) return { text: line, kind: 'del' }
      next += 1
      return { text: line, kind: line.startsWith('+') ? 'add' : '', line: next - 1 }
    })
}
