// Short confirmations, with a link where there is something to see.
import { App } from 'antd'
import { useMemo } from 'react'
import type { ReactNode } from 'react'

export function useToast() {
  const { message, modal } = App.useApp()
  return useMemo(
    () => ({
      done: (content: ReactNode) => void message.success({ content, duration: 5 }),
      failed: (content: ReactNode) => void message.error({ content, duration: 8 }),
      modal,
    }),
    [message, modal],
  )
}
