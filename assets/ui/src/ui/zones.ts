/** IANA zones that the browser knows, the given one among them. */
export function zones(chosen: string): string[] {
  const known = Intl.supportedValuesOf?.('timeZone') ?? []
  return [...new Set(['UTC', chosen, ...known])]
}
