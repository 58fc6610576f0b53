// What the pages about credentials and services show: a vault, secrets, a service that wants a token, capabilities that call it, a webhook.
// The service is a real one on loopback. Nothing here is part of the product.
import { createServer } from 'node:http'

export const PASSPHRASE = 'a passphrase that opens the vault'
/** Values that must never be seen anywhere: they are looked for. */
export const CANARY = 'canary-7f3a9c-of-the-orders'
export const TOKEN = 'canary-b41d02-of-the-service'
/** The public half of a key that nobody has. */
export const RECIPIENT = 'age1wtek0c89wslfcrdpnf6ea0cr4nwrszslshzyf96uwmghcjzkds7s98pxlc'

/** A service that answers whoever has the token: `{ url, seen, close() }`. */
export async function startService() {
  const seen = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, authorization: request.headers.authorization ?? '', body })
      const good = request.headers.authorization === `Bearer ${TOKEN}`
      response.writeHead(good ? 200 : 401, { 'content-type': 'application/json' })
      // It says what it was sent, as careless services do.
      response.end(JSON.stringify(good ? { items: [{ id: 1, amount: 250 }, { id: 2, amount: 90 }], path: request.url, you: request.headers.authorization } : { error: 'who are you?' }))
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address()
  return { url: `http://127.0.0.1:${port}`, address: `127.0.0.1:${port}`, seen, close: () => new Promise((done) => server.close(done)) }
}

/** What the stand-in of another vault takes, gives and holds. */
export const ROLE = 'execgov'
export const SECRET_ID = 'canary-90ac11-of-the-role'
export const DISTANT = 'canary-5d77e0-kept-elsewhere'

/** A stand-in of another vault: the AppRole method and the KV engine, version 2, as OpenBao documents them. */
export async function startVault() {
  const held = { 'default/orders': { key: DISTANT } }
  const token = 'canary-token-of-the-vault'
  const answers = (request, body) => {
    const path = request.url.split('?')[0]
    if (path === '/v1/auth/approle/login') {
      const { role_id, secret_id } = JSON.parse(body)
      return role_id === ROLE && secret_id === SECRET_ID ? [200, { auth: { client_token: token, lease_duration: 3600 } }] : [400, { errors: ['invalid role or secret ID'] }]
    }
    if (request.headers['x-vault-token'] !== token) return [403, { errors: ['permission denied'] }]
    if (path === '/v1/auth/token/lookup-self') return [200, { data: {} }]
    const data = held[path.replace('/v1/secret/data/', '')]
    return data ? [200, { data: { data, metadata: { version: 3 } } }] : [404, { errors: [] }]
  }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const [status, answer] = answers(request, body)
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer))
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address()
  return { url: `http://127.0.0.1:${port}`, address: `127.0.0.1:${port}`, close: () => new Promise((done) => server.close(done)) }
}

/** A script that is given a secret, uses it and says too much. */
export const BLABBER = `# /// script
# [tool.execgov]
# secrets = ["orders-key"]
# ///
"""Orders of today.

Fetches the orders with a key from the vault.
"""
import base64
import execgov


def main() -> dict:
    key = execgov.secret("orders-key")
    print("the key is", key)
    print("in base64 it is", base64.b64encode(key.encode()).decode())
    for part in (key[:7], key[7:]):
        print(part, end="", flush=True)
    print()
    return {"orders": 2, "key": key}
`

/** A script that is given a secret that is kept elsewhere. */
const READER = `# /// script
# [tool.execgov]
# secrets = ["reports-password"]
# ///
def main() -> int:
    return len(open("/run/secrets/reports-password").read())
`

/** An OpenAPI document of a small service. */
export const DOCUMENT = JSON.stringify({
  openapi: '3.0.3',
  info: { title: 'Orders', version: '1' },
  paths: {
    '/orders/{month}': {
      get: {
        operationId: 'listOrders', summary: 'Lists the orders of a month',
        parameters: [{ name: 'month', in: 'path', required: true, description: 'Such as 2026-01', schema: { type: 'string' } }],
        responses: { 200: { description: 'ok', content: { 'application/json': { schema: { type: 'object', properties: { items: { type: 'array', items: { type: 'object' } } } } } } } },
      },
    },
    '/orders': {
      post: {
        operationId: 'createOrder', summary: 'Makes an order',
        requestBody: { required: true, content: { 'application/json': { schema: { type: 'object', required: ['amount'], properties: { amount: { type: 'integer', minimum: 1 } } } } } },
        responses: { 201: { description: 'made' } },
      },
    },
    '/old': { get: { operationId: 'oldList', summary: 'Lists as it once did', deprecated: true, responses: { 200: { description: 'ok' } } } },
  },
})

const ORDERS = (service) => `kind = "http"
name = "order-list"
title = "List of orders"
description = "Lists the orders of a month."

[inputs.month]
type = "string"
description = "Such as 2026-01"

[inputs.top]
type = "integer"
default = 10

[http]
resource = "${service}"
method = "GET"
path = "/orders/{month}"
query = { top = "{top}" }
headers = { X-Team = "finance" }
retry = { tries = 3 }

[http.response]
success = ["2xx"]
extract = "/items"
artifact = "orders.json"
`

export const openVault = (admin, recovery = []) => admin.ask('POST', '/api/v1/vault/init', { method: 'passphrase', passphrase: PASSPHRASE, recovery })

/** A service with a credential, granted to the tenant. */
export async function addService(admin, service, more = {}) {
  await admin.ask('PUT', '/api/v1/secrets/erp-token?domain=platform', { value: TOKEN, description: 'Token of the order service', owner: 'finance-it' })
  const made = await admin.ask('POST', '/api/v1/resources', { name: 'erp', purpose: 'Orders and invoices', owner: 'finance-it', settings: { url: service.url, private: [service.address], auth: { kind: 'bearer', token: 'erp-token' }, health: { path: '/ping' }, ...more } })
  await admin.ask('POST', '/api/v1/secrets/erp-token/grants?domain=platform', { resource: made.id })
  await admin.ask('POST', '/api/v1/resources/erp/grants', { tenant: 'default' })
  return made
}

/** Another vault, tested and granted, from which `reports-password` is read. */
export async function addVault(admin, vault) {
  await admin.ask('PUT', '/api/v1/secrets/bao-secret-id?domain=platform', { value: SECRET_ID })
  const settings = { url: vault.url, private: [vault.address], auth: { kind: 'app_role', role_id: ROLE, secret_id: 'bao-secret-id' }, source: { mount: 'secret', paths: ['{tenant}/**', 'shared/*'] } }
  const made = await admin.ask('POST', '/api/v1/resources', { name: 'bao', kind: 'secret_source', purpose: 'Secrets that are shared with other systems', owner: 'platform-it', settings })
  await admin.ask('POST', '/api/v1/secrets/bao-secret-id/grants?domain=platform', { resource: made.id })
  await admin.ask('POST', '/api/v1/resources/bao/grants', { tenant: 'default' })
  await admin.ask('POST', '/api/v1/resources/bao/test', {})
  await admin.ask('PUT', '/api/v1/secrets/reports-password', { from: { resource: 'bao', path: 'default/orders', field: 'key' }, description: 'Reads the reporting database' })
}

/** Everything that the pages about credentials can show. */
export async function keepCredentials(admin, service, vault) {
  await openVault(admin, [RECIPIENT])
  await addService(admin, service, { writes: [{ method: 'POST', path: '/orders' }, { method: 'DELETE', path: '/drafts/*' }], rate_per_minute: 600 })
  await admin.ask('POST', '/api/v1/resources/erp/test', {})
  await admin.ask('POST', '/api/v1/resources', { name: 'weather', purpose: 'Forecasts', settings: { url: 'https://weather.example.com/v2', auth: { kind: 'oauth2', token_url: 'https://weather.example.com/token', client_id: 'execgov', client_secret: 'weather-client', scopes: ['read'] }, tls: { pins: ['a'.repeat(64)] } } })
  await admin.ask('PUT', '/api/v1/secrets/orders-key', { value: CANARY, description: 'Key of the order service', owner: 'finance-it', expires_at: new Date(Date.now() + 3 * 86_400_000).toISOString() })
  await admin.ask('PUT', '/api/v1/secrets/orders-key', { value: `${CANARY}-2`, expires_at: new Date(Date.now() + 3 * 86_400_000).toISOString() })
  await admin.ask('PUT', '/api/v1/secrets/smtp-password', { value: 'another-canary-93a1', description: 'Sends mail' })
  await admin.ask('PUT', '/api/v1/secrets/pin', { value: '47', force_short: true })
  await addVault(admin, vault)
  await admin.register('orders-today.py', BLABBER)
  await admin.ask('POST', '/api/v1/secrets/orders-key/grants', { capability: 'orders-today', delivery: 'file' })
  await admin.register('order-list.toml', ORDERS('erp'))
  await admin.register('reports.py', READER)
  await admin.ask('POST', '/api/v1/secrets/reports-password/grants', { capability: 'reports', delivery: 'file' })
  const read = await admin.run('reports', {})
  const told = await admin.run('orders-today', {})
  const called = await admin.run('order-list', { month: '2026-01' })
  const { webhook, key } = await admin.ask('POST', '/api/v1/webhooks', { name: 'shop', capability: 'order-list', inputs_at: '/order', sources: ['127.0.0.0/8'], fixed: { top: 5 }, rate_per_minute: 120 })
  await deliver(admin.url, webhook.path, key, { order: { month: '2026-02' } })
  await deliver(admin.url, webhook.path, 'wrong', { order: { month: '2026-02' } })
  return { told: told.id, read: read.id, called: called.id, webhook: webhook.id }
}

/** Signs and delivers as another system does. Answers the status. */
export async function deliver(url, path, key, body) {
  const { createHmac } = await import('node:crypto')
  const at = String(Math.floor(Date.now() / 1000))
  const text = JSON.stringify(body)
  const signature = createHmac('sha256', key).update(`${at}.${text}`).digest('hex')
  const answer = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json', 'x-execgov-timestamp': at, 'x-execgov-signature': signature }, body: text })
  return answer.status
}

