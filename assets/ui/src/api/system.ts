// The appliance itself.
import { get, post } from './http'
import type { BackupInfo, DoctorReport, DrillView, Page, RuntimeSummary, SystemInfo } from './types'

export const system = {
  info: () => get<SystemInfo>('/api/v1/system'),
  doctor: () => get<DoctorReport>('/api/v1/doctor'),
  runtimes: () => get<Page<RuntimeSummary>>('/api/v1/runtimes'),
  backup: () => post<BackupInfo>('/api/v1/backups'),
  drill: () => post<DrillView>('/api/v1/backups/drill'),
}
