// What the appliance warns of about the vault, as texts of the console where it is known, so that it can be read in either language.
// The sentences are those of `service::vault::status`.
import type { TFunction } from 'i18next'

const KNOWN: [RegExp, string][] = [
  [/^backups are not encrypted: there is no vault/, 'vault.warn_absent'],
  [/^backups are not encrypted, and a lost master key/, 'vault.warn_no_recovery'],
  [/^nobody has shown yet that they hold the key of (?<who>\S+):/, 'vault.warn_unproven'],
  [/^the key of (?<who>\S+) was last shown on (?<at>\S+):/, 'vault.warn_old_proof'],
  [/^the master key is not where it should be: (?<why>.*)$/s, 'vault.warn_master'],
  [/^the vault could not be opened: (?<why>.*)$/s, 'vault.warn_trouble'],
]

/** The warning in the reader's words; as the appliance wrote it when it is not known here. */
export function warningText(t: TFunction, warning: string): string {
  for (const [pattern, key] of KNOWN) {
    const found = pattern.exec(warning)
    if (found) return t(key, found.groups ?? {})
  }
  return warning
}
