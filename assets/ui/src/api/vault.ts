// The vault: how its keys are kept, and whether it is open. Keys and passphrases go in and never come out.
import { get, post, request } from './http'
import type { InitVault, RecoverVault, RecoveryProof, RotateVault, VaultStatus } from './types'

const BASE = '/api/v1/vault'

export const vault = {
  status: () => get<VaultStatus>(BASE),
  init: (body: InitVault) => post<VaultStatus>(`${BASE}/init`, body),
  seal: () => post<VaultStatus>(`${BASE}/seal`),
  unseal: (passphrase?: string) => post<VaultStatus>(`${BASE}/unseal`, passphrase ? { passphrase } : {}),
  rotate: (body: RotateVault) => post<VaultStatus>(`${BASE}/rotate`, body),
  recover: (body: RecoverVault) => post<VaultStatus>(`${BASE}/recover`, body),
  setRecovery: (recovery: string[]) => request<VaultStatus>('PUT', `${BASE}/recovery`, { body: { recovery } }),
  prove: (recipient: string, answer?: string) => post<RecoveryProof>(`${BASE}/prove`, answer ? { recipient, answer } : { recipient }),
}
