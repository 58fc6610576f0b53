// `./runs.json` becomes the texts under `runs.`.
export function gather(files: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(files).map(([path, texts]) => [path.replace(/^\.\/|\.json$/g, ''), texts]))
}
