// Credentials in the browser: a secret goes in through the page, reaches a run, and is seen nowhere; a service is configured, its
// operations become capabilities from an OpenAPI document, and a run calls it after a dry run that connected to nothing.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { BLABBER, CANARY, deliver, DISTANT, DOCUMENT, PASSPHRASE, ROLE, SECRET_ID, startService, startVault, TOKEN } from './credentials.mjs'
import { addPeople, callerOf, closeBrowser, openWindow, setUp, startAppliance } from './harness.mjs'

let appliance
let admin
let service
let distant
const button = (page, name) => page.getByRole('button', { name, exact: true })
const inDialog = (page, name) => page.getByRole('dialog').getByRole('button', { name, exact: true })
const gone = (page) => page.getByRole('dialog').waitFor({ state: 'detached' })

before(async () => {
  appliance = await startAppliance()
  service = await startService()
  distant = await startVault()
  admin = await setUp(appliance)
  await addPeople(appliance, admin, ['author', 'operator', 'auditor'])
  await admin.register('orders-today.py', BLABBER)
})

after(async () => {
  await closeBrowser()
  await service?.close()
  await distant?.close()
  await appliance?.close()
})

/** Every form in which a value could stand on a page or in an answer. */
function forms(value) {
  return [value, Buffer.from(value).toString('base64').replace(/=+$/, '').slice(0, -1), Buffer.from(value).toString('hex'), value.slice(0, 12)]
}

/** A window that remembers every answer it got, and must do nothing it must not do. */
async function as(caller, body) {
  const window = await openWindow(appliance.url, { cookie: caller.cookie })
  window.page.setDefaultTimeout(15_000)
  const answers = []
  window.page.on('response', (response) => {
    // Streams have no end to wait for; what they carry is on the page.
    if (response.url().includes('/api/') && !(response.headers()['content-type'] ?? '').includes('event-stream')) answers.push(response.text().then((text) => [response.url(), text], () => [response.url(), '']))
  })
  const unseen = async (value, where) => {
    const page = await window.page.content()
    for (const form of forms(value)) assert.ok(!page.includes(form), `${where}: the page shows a value as ${form.slice(0, 6)}…`)
    for (const [url, text] of await Promise.all(answers)) for (const form of forms(value)) assert.ok(!text.includes(form), `${where}: ${url} answered a value as ${form.slice(0, 6)}…`)
  }
  try {
    await body(window.page, window, unseen)
    assert.deepEqual(await window.trouble(), [])
  } catch (cause) {
    cause.stack = `\n  at ${window.page.url()}\n  ${(await window.page.locator('body').innerText().catch(() => '')).slice(0, 2500)}\n${cause.stack}`
    throw cause
  } finally {
    await window.context.close()
  }
}

const go = async (window, path) => {
  await window.page.goto(appliance.url + path)
  await window.settle()
}

/** Files below a directory that hold one of some texts. */
function holding(dir, texts) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return holding(path, texts)
    if (!entry.isFile() || statSync(path).size > 256 << 20) return []
    const bytes = readFileSync(path)
    return texts.some((text) => bytes.includes(text)) ? [path] : []
  })
}

describe('credentials', { concurrency: 1 }, () => {
  test('a secret reaches a run and is never seen', async () => {
    await as(admin, async (page, window, unseen) => {
      await go(window, '/vault')
      await button(page, 'Set the vault up').click()
      await page.getByLabel(/^Passphrase *required/).fill(PASSPHRASE)
      await page.getByLabel(/^Passphrase once more/).fill('another one')
      await inDialog(page, 'Set the vault up').click()
      await page.getByText('The two differ').waitFor()
      await page.getByLabel(/^Passphrase once more/).fill(PASSPHRASE)
      await inDialog(page, 'Set the vault up').click()
      await gone(page)
      await button(page, 'Seal').waitFor()

      await go(window, '/secrets')
      await button(page, 'Add a secret').click()
      await page.getByLabel(/^Name *required/).fill('orders-key')
      const field = page.getByLabel(/^Value *required/)
      assert.equal(await field.getAttribute('type'), 'password')
      await field.fill(CANARY)
      await page.getByLabel('Owner').fill('finance-it')
      await inDialog(page, 'Add a secret').click()
      await page.waitForURL('**/secrets/orders-key')
      await window.settle()
      await page.getByText('sealed; never shown').waitFor()

      await button(page, 'Grant').click()
      await page.getByRole('dialog').getByRole('combobox').fill('orders-today')
      await inDialog(page, 'Grant').click()
      await gone(page)
      await page.getByRole('link', { name: 'orders-today' }).first().waitFor()

      await go(window, '/capabilities/orders-today/run')
      await button(page, 'Run').last().click()
      await page.waitForURL('**/runs/run_*')
      await page.locator('h1 [data-phase=succeeded], [data-phase=succeeded]').first().waitFor()
      await window.settle()
      const run = new URL(page.url()).pathname.split('/')[2]
      await page.getByText('[masked: orders-key]').first().waitFor()
      for (const tab of ['', '/timeline', '/inputs', '/outputs', '/receipt', '/audit']) {
        await go(window, `/runs/${run}${tab}`)
        await unseen(CANARY, `the run${tab}`)
      }
      await go(window, `/runs/${run}/inputs`)
      await page.getByText('/run/secrets/orders-key').waitFor()
      for (const path of ['/secrets/orders-key', '/secrets', '/vault', '/audit', '/admin/health', '/']) {
        await go(window, path)
        await unseen(CANARY, path)
      }
      await go(window, '/secrets/orders-key')
      // Who used it, for which run, in which version.
      await page.getByRole('region', { name: 'Who used it' }).getByRole('link').first().waitFor()
      assert.match(await page.getByRole('region', { name: 'Who used it' }).innerText(), /admin\s+run_\S+\s+1\s+as a file/)
    })
    assert.deepEqual(holding(appliance.data, [CANARY, Buffer.from(CANARY).toString('base64').slice(0, -4)]), [])
  })

  test('a sealed vault lets runs wait, and they go on when it is opened', async () => {
    await as(admin, async (page, window) => {
      await go(window, '/vault')
      await button(page, 'Seal').click()
      await inDialog(page, 'Seal').click()
      await page.getByText('The vault is sealed', { exact: true }).waitFor()
      const run = await admin.run('orders-today', {}, 0)
      await go(window, `/runs/${run.id}`)
      await page.getByText('It waits until the vault is unsealed').waitFor()
      await go(window, '/vault')
      await page.getByText('One run waits for it').waitFor()
      await button(page, 'Unseal').click()
      await page.getByLabel(/^Passphrase/).fill('a wrong guess at it')
      await inDialog(page, 'Unseal').click()
      await page.getByRole('dialog').getByRole('alert').waitFor()
      await page.getByLabel(/^Passphrase/).fill(PASSPHRASE)
      await inDialog(page, 'Unseal').click()
      await gone(page)
      await button(page, 'Change keys').waitFor()
      await go(window, `/runs/${run.id}`)
      await page.locator('[data-phase=succeeded]').first().waitFor()
    })
  })

  test('a new value, several lines of it, and new keys', async () => {
    const lines = '-----BEGIN KEY-----\ncanary-lines-1\ncanary-lines-2\n-----END KEY-----'
    await as(admin, async (page, window, unseen) => {
      await go(window, '/secrets/orders-key')
      await button(page, 'Set a new value').click()
      await page.getByText('Several lines').click()
      await page.getByLabel(/^Value *required/).fill(lines)
      await inDialog(page, 'Set a new value').click()
      await gone(page)
      await page.getByText('orders-key has a new value.').waitFor()
      await unseen('canary-lines-1', 'the secret')
      const run = await admin.run('orders-today', {})
      assert.deepEqual([run.phase, run.attempts[0].secrets[0].version], ['succeeded', 2])
      await go(window, '/vault')
      await button(page, 'Change keys').click()
      await inDialog(page, 'Change keys').click()
      await gone(page)
      await page.waitForFunction(() => /Data key\s+2/.test(document.body.innerText))
      const again = await admin.run('orders-today', {})
      assert.equal(again.phase, 'succeeded')
    })
    assert.deepEqual(holding(appliance.data, ['canary-lines-1']), [])
  })

  test('who may not manage secrets sees names only', async () => {
    await as(await callerOf(appliance, 'a-author'), async (page, window) => {
      await go(window, '/secrets')
      await page.getByText('orders-key').waitFor()
      assert.equal(await page.getByRole('link', { name: 'orders-key' }).count(), 0)
      assert.ok(await button(page, 'Add a secret').isDisabled())
      assert.equal(await page.getByRole('link', { name: 'Vault', exact: true }).count(), 1, 'the menu alone')
      await go(window, '/vault')
      assert.equal(await button(page, 'Unseal').count() + (await button(page, 'Seal').count()), 0)
      await go(window, '/secrets/orders-key')
      assert.equal(await button(page, 'Set a new value').count(), 0)
    })
  })

  test('an HTTP capability from an OpenAPI document, dry run, run', async () => {
    await admin.ask('PUT', '/api/v1/secrets/erp-token?domain=platform', { value: TOKEN })
    await as(admin, async (page, window, unseen) => {
      await go(window, '/resources')
      await button(page, 'Add a resource').click()
      await page.waitForURL('**/add-resource')
      await page.getByLabel(/^Name *required/).fill('erp')
      await page.getByLabel(/^Purpose *required/).fill('Orders')
      await page.getByLabel(/^Address *required/).fill(service.url)
      await page.getByRole('combobox', { name: 'Sign-in' }).click()
      await page.getByTitle('Bearer token', { exact: true }).click()
      await page.getByLabel(/^Secret with the token *required/).fill('erp-token')
      await page.getByLabel('Path', { exact: true }).fill('/ping')
      await page.getByLabel('Addresses that are not public').fill(service.address)
      await page.keyboard.press('Enter')
      await button(page, 'Add a resource').last().click()
      await page.waitForURL('**/resources/erp')
      await window.settle()
      // Before the credential is granted to it, the test says so.
      await button(page, 'Test the connection').click()
      await page.getByText('not granted').first().waitFor()
      assert.equal(service.seen.length, 0)
      await page.getByRole('link', { name: 'erp-token' }).first().click()
      await page.waitForURL('**/secrets/erp-token?domain=platform')
      await window.settle()
      await button(page, 'Grant').click()
      await page.getByRole('combobox', { name: /^Resource/ }).click()
      await page.getByTitle(/^erp · /).click()
      await inDialog(page, 'Grant').click()
      await gone(page)
      await go(window, '/resources/erp')
      await button(page, 'Grant').click()
      await inDialog(page, 'Grant').click()
      await gone(page)
      await button(page, 'Test the connection').click()
      await page.getByText('works').first().waitFor()

      await go(window, '/register/openapi?resource=erp')
      await page.locator('input[data-field=openapi]').setInputFiles({ name: 'orders.json', mimeType: 'application/json', buffer: Buffer.from(DOCUMENT) })
      for (const id of ['listOrders', 'createOrder']) await page.getByRole('checkbox', { name: `Select ${id}` }).check()
      await button(page, 'Import 2 operations').click()
      await page.getByText('One operation writes and is not whitelisted').waitFor()
      await page.getByText("execgov resource update erp --write 'POST /orders'").waitFor()
      for (const name of ['list-orders', 'create-order']) await admin.ask('POST', `/api/v1/capabilities/${name}/versions/1/publish`, {})

      await go(window, '/capabilities/list-orders')
      await page.getByText('/orders/{month}').first().waitFor()
      const before = service.seen.length
      await go(window, '/capabilities/list-orders/run')
      await page.getByLabel(/^month/).fill('2026-01')
      await button(page, 'Dry run').click()
      const planned = page.locator('[data-planned]')
      await planned.getByText('It may be sent').waitFor()
      await page.waitForFunction((text) => document.querySelector('[data-planned] pre')?.innerText.includes(text), `${service.url}/orders/2026-01`)
      const text = await planned.innerText()
      assert.match(text, /^Authorization: Bearer \*{3}$/m)
      await unseen(TOKEN, 'the dry run')
      assert.equal(service.seen.length, before, 'a dry run connects to nothing')

      await button(page, 'Run').last().click()
      await page.waitForURL('**/runs/run_*')
      await page.locator('[data-phase=succeeded]').first().waitFor()
      const run = new URL(page.url()).pathname.split('/')[2]
      const last = service.seen.at(-1)
      assert.deepEqual([last.method, last.url, last.authorization], ['GET', '/orders/2026-01', `Bearer ${TOKEN}`])
      for (const tab of ['', '/inputs', '/outputs', '/receipt', '/audit']) {
        await go(window, `/runs/${run}${tab}`)
        await unseen(TOKEN, `the run${tab}`)
      }

      // A write that is not listed is refused before anything is sent.
      const sent = service.seen.length
      await go(window, '/capabilities/create-order/run')
      await page.getByLabel(/^amount/).fill('5')
      await page.getByText('The write whitelist does not let it pass').waitFor()
      assert.equal(service.seen.length, sent)
    })
  })

  test('a secret whose value is kept in another vault', async () => {
    await admin.ask('PUT', '/api/v1/secrets/bao-secret-id?domain=platform', { value: SECRET_ID })
    await as(admin, async (page, window, unseen) => {
      await go(window, '/add-resource')
      await page.getByLabel(/^Name *required/).fill('bao')
      await page.getByRole('combobox', { name: 'Kind' }).click()
      await page.getByTitle('Source of secrets', { exact: true }).click()
      assert.equal(await page.getByText('Write whitelist').count(), 0, 'nothing is written to a source')
      await page.getByLabel(/^Purpose *required/).fill('Shared secrets')
      await page.getByLabel(/^Address *required/).fill(distant.url)
      await page.getByRole('combobox', { name: 'Sign-in' }).click()
      await page.getByTitle(/^AppRole/).click()
      await page.getByLabel(/^Role id *required/).fill(ROLE)
      await page.getByLabel(/^Secret with the secret id *required/).fill('bao-secret-id')
      await page.getByLabel('Addresses that are not public').fill(distant.address)
      await page.keyboard.press('Enter')
      await button(page, 'Add a resource').last().click()
      await page.getByText('Something that is required is missing.').waitFor()
      await page.getByLabel(/^Paths *required/).fill('{tenant}/**')
      await page.keyboard.press('Enter')
      await button(page, 'Add a resource').last().click()
      await page.waitForURL('**/resources/bao')
      await window.settle()
      await page.getByText('secrets only').waitFor()
      const { id } = await admin.ask('GET', '/api/v1/resources/bao')
      await admin.ask('POST', '/api/v1/secrets/bao-secret-id/grants?domain=platform', { resource: id })
      await button(page, 'Grant').click()
      await inDialog(page, 'Grant').click()
      await gone(page)
      await button(page, 'Test the connection').click()
      await page.getByText('works').first().waitFor()

      await go(window, '/secrets/orders-key')
      await button(page, 'Set a new value').click()
      await page.getByText('In another vault').click()
      await page.getByRole('combobox', { name: /^Source/ }).click()
      await page.getByTitle('bao', { exact: true }).click()
      await page.getByText('May be read below secret: {tenant}/**').waitFor()
      await page.getByLabel(/^Path *required/).fill('sales/orders')
      await page.getByLabel(/^Field *required/).fill('key')
      await inDialog(page, 'Set a new value').click()
      await page.getByLabel(/^Path *required/).and(page.locator('[aria-invalid=true]')).waitFor()
      await page.getByRole('dialog').locator('.wrong').getByText('its paths do not cover it').waitFor()
      await page.getByLabel(/^Path *required/).fill('default/nothing')
      await inDialog(page, 'Set a new value').click()
      await page.getByRole('dialog').getByText('there is no value at').waitFor()
      await page.getByLabel(/^Path *required/).fill('default/orders')
      await inDialog(page, 'Set a new value').click()
      await gone(page)
      await page.getByText('default/orders#key').first().waitFor()
      const run = await admin.run('orders-today', {})
      assert.deepEqual([run.phase, run.attempts[0].secrets[0].source.version], ['succeeded', 3])
      await go(window, `/runs/${run.id}/inputs`)
      await page.getByRole('region', { name: 'Credentials' }).getByText('version 3').waitFor()
      for (const path of [`/runs/${run.id}`, `/runs/${run.id}/outputs`, '/secrets/orders-key', '/resources/bao', '/audit']) {
        await go(window, path)
        await unseen(DISTANT, path)
        await unseen(SECRET_ID, path)
      }
      await go(window, '/resources/bao')
      await page.getByRole('region', { name: 'Secrets read from it' }).getByRole('link', { name: 'orders-key' }).waitFor()
    })
    assert.deepEqual(holding(appliance.data, [DISTANT, SECRET_ID]), [])
  })

  test('a request that is put together in the form', async () => {
    await as(admin, async (page, window) => {
      await go(window, '/register/request?resource=erp')
      await page.getByLabel(/^Name *required/).fill('order-of')
      await page.getByLabel(/^Path *required/).fill('/orders/{month}')
      await page.getByLabel(/^Becomes the result/).fill('/items')
      await page.getByLabel('Type of month').waitFor()
      await button(page, 'Inspect').click()
      await button(page, 'That is right').click()
      await button(page, 'Save and publish').click()
      await page.waitForURL('**/capabilities/order-of')
      const run = await admin.run('order-of', { month: '2026-03' })
      assert.deepEqual([run.phase, run.result.length, service.seen.at(-1).url], ['succeeded', 2, '/orders/2026-03'])
    })
  })

  test('a webhook shows its key once, starts runs, and loses its key', async () => {
    await as(admin, async (page, window, unseen) => {
      await go(window, '/capabilities/order-of/webhooks')
      await button(page, 'Add a webhook').click()
      await page.getByLabel(/^Name *required/).fill('shop')
      await page.getByLabel('Where the inputs are').fill('/order')
      await inDialog(page, 'Add a webhook').click()
      await page.getByText('Copy the key of shop now').waitFor()
      const key = await page.locator('[data-secret]').innerText()
      const { items } = await admin.ask('GET', '/api/v1/webhooks')
      const body = { order: { month: '2026-04' } }
      assert.equal(await deliver(appliance.url, items[0].path, key, body), 202)
      assert.equal(await deliver(appliance.url, items[0].path, 'not the key', body), 401)
      await go(window, '/capabilities/order-of/webhooks')
      assert.ok(!(await page.content()).includes(key), 'the key is shown once')
      await page.getByRole('region', { name: 'Last deliveries' }).getByRole('link').waitFor()
      await page.getByRole('region', { name: 'Turned away' }).getByRole('link').waitFor()
      await button(page, 'A new key for shop').click()
      await page.getByRole('combobox', { name: 'The key before stays good' }).click()
      await page.getByTitle('not at all').click()
      await inDialog(page, 'New key').click()
      await gone(page)
      assert.equal(await deliver(appliance.url, items[0].path, key, { order: { month: '2026-05' } }), 401)
      await button(page, 'Remove shop').click()
      await inDialog(page, 'Remove').click()
      await page.getByText('No other system starts it').waitFor()
      await unseen(TOKEN, 'the webhooks')
    })
  })

  test('backups and drills say for whom, and how they went', async () => {
    await as(admin, async (page, window) => {
      await go(window, '/admin/health')
      await button(page, 'Back up now').click()
      await page.getByText('The backup is made').waitFor()
      await page.getByText('not encrypted', { exact: true }).waitFor()
      await button(page, 'Hold a drill').click()
      await page.getByText('restored and checked').waitFor({ timeout: 60_000 })
    })
  })
})
