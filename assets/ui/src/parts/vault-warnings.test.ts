import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { warningText } from './vault-warnings'

const key = ((name: string, with_: Record<string, string>) => `${name} ${Object.values(with_).join(' ')}`.trim()) as never

test.each([
  ['backups are not encrypted: there is no vault and so no recovery recipient', 'vault.warn_absent'],
  ['backups are not encrypted, and a lost master key loses every secret: there is no recovery recipient', 'vault.warn_no_recovery'],
  ['nobody has shown yet that they hold the key of age1abc: run `execgov vault prove`', 'vault.warn_unproven age1abc'],
  ['the key of age1abc was last shown on 2025-01-01T00:00:00Z: run `execgov vault prove`', 'vault.warn_old_proof age1abc 2025-01-01T00:00:00Z'],
  ['the master key is not where it should be: no such file', 'vault.warn_master no such file'],
  ['the vault could not be opened: wrong key', 'vault.warn_trouble wrong key'],
  ['something new', 'something new'],
])('%s', (warning, expected) => expect(warningText(key, warning)).toBe(expected))

test('the beginnings stand in the source of the appliance', () => {
  const source = readFileSync(new URL('../../../../src/service/vault/status.rs', import.meta.url), 'utf8')
  for (const words of ['backups are not encrypted: there is no vault', 'backups are not encrypted, and a lost master key', 'nobody has shown yet that they hold the key of {}:', 'the key of {} was last shown on {at}:', 'the master key is not where it should be: {}', 'the vault could not be opened: {why}']) expect(source).toContain(words)
})
