// What a language brings.
import type { ConfigProviderProps } from 'antd'

export interface Words {
  texts: Record<string, unknown>
  antd: NonNullable<ConfigProviderProps['locale']>
  errorTitles: Record<string, string>
}
