// Webhooks: addresses at which another system starts runs.
import { get, post, remove, seg } from './http'
import type { WebhookMade, WebhookRequest, WebhookView } from './types'

const BASE = '/api/v1/webhooks'

export const webhooks = {
  list: () => get<{ items: WebhookView[] }>(BASE),
  add: (body: WebhookRequest) => post<WebhookMade>(BASE, body),
  rotate: (id: string, graceS: number) => post<WebhookMade>(`${BASE}/${seg(id)}/rotate`, { grace_s: graceS }),
  remove: (id: string) => remove<void>(`${BASE}/${seg(id)}`),
}
