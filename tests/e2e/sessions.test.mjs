// Who is signed in, what they may open, in which language, and what happens when the session or the connection ends.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { REPORT } from './furnish.mjs'
import { addPeople, callerOf, closeBrowser, PASSWORD, setUp, signInAs, startAppliance } from './harness.mjs'
import { button, journeyAt } from './journey.mjs'

let appliance
let admin
const journey = (body, options = {}) => journeyAt(options.url ?? appliance.url, body, options)

before(async () => {
  appliance = await startAppliance()
  admin = await setUp(appliance)
  await addPeople(appliance, admin, ['viewer', 'operator'])
  await admin.register('sales-report.py', REPORT)
})

after(async () => {
  await closeBrowser()
  await appliance?.close()
})

test('a refusal speaks the language of the reader, whatever the appliance says', () =>
  journey(
    async (page) => {
      await page.goto(`${appliance.url}/admin/users`)
      await page.getByText('您已登录', { exact: false }).waitFor()
      await page.getByText('请向管理员申请角色', { exact: false }).waitFor()
    },
    { as: 'a-viewer', language: 'zh' },
  ))

test('pages that a role does not open say who can help, and the attempt is audited', () =>
  journey(
    async (page) => {
      const menu = await page.getByRole('navigation', { name: 'Menu' }).innerText()
      for (const hidden of ['Users', 'System health']) assert.ok(!menu.includes(hidden), `${hidden} is in the menu of a viewer`)
      await page.goto(`${appliance.url}/admin/users`)
      await page.getByText('Your roles do not open this page.', { exact: false }).waitFor()
      await page.getByText('A tenant administrator can grant', { exact: false }).waitFor()
      await page.goto(`${appliance.url}/capabilities/sales-report`)
      await page.locator('h1').waitFor()
      assert.equal(await button(page, 'Run').isDisabled(), true)
      const seen = await admin.ask('GET', '/api/v1/audit/events?actor=a-viewer&outcome=refused')
      assert.ok(seen.items.length > 0)
    },
    { as: 'a-viewer' },
  ))

test('keyboard only: sign in, find a capability, fill the form, start it', () =>
  journey(async (page) => {
    await page.goto(`${appliance.url}/signin`)
    await page.locator('input[autocomplete=username]').waitFor()
    await page.keyboard.type('a-operator')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('navigation', { name: 'Menu' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('sales-report')
    await page.getByRole('option', { name: /sales-report/ }).first().waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/capabilities\/sales-report/)
    for (let i = 0; i < 60; i += 1) {
      await page.keyboard.press('Tab')
      if ((await page.evaluate(() => document.activeElement?.textContent)) === 'Run' && (await page.evaluate(() => document.activeElement?.tagName)) === 'BUTTON') break
    }
    await page.keyboard.press('Enter')
    const month = page.getByLabel(/^month/)
    await month.waitFor()
    for (let i = 0; i < 60 && !(await month.evaluate((field) => field === document.activeElement)); i += 1) await page.keyboard.press('Tab')
    await page.keyboard.type('2026-09')
    await page.keyboard.press('Control+Enter')
    await page.waitForURL(/\/runs\/run_/)
    await page.locator('[data-phase=succeeded]').waitFor({ timeout: 60_000 })
  }))

test('a session that ends asks for the password over the page and keeps what was typed', () =>
  journey(
    async (page, window) => {
      await page.goto(`${appliance.url}/capabilities/sales-report/run`)
      await page.getByLabel(/^month/).waitFor()
      await window.settle()
      await window.context.clearCookies()
      // The plan beside the form asks the appliance, which refuses.
      await page.getByLabel(/^month/).fill('2026-08')
      const dialog = page.getByRole('dialog')
      await dialog.waitFor()
      await dialog.getByLabel('Password').fill(PASSWORD)
      await dialog.getByRole('button', { name: 'Sign in' }).click()
      await dialog.waitFor({ state: 'detached' })
      assert.equal(await page.getByLabel(/^month/).inputValue(), '2026-08')
      await button(page, 'Run').click()
      await page.waitForURL(/\/runs\/run_/)
    },
    { as: 'a-operator' },
  ))

test('a server that goes away is said, and the page recovers when it is back', async () => {
  const box = await startAppliance()
  try {
    const boss = await setUp(box)
    await boss.register('sales-report.py', REPORT)
    const address = new URL(box.url).host
    await journey(
      async (page, window) => {
        await signInAs(window, box.url, 'admin')
        await page.goto(`${box.url}/capabilities/sales-report/run`)
        await page.getByLabel(/^month/).fill('2026-07')
        await box.stop()
        await button(page, 'Dry run').click()
        await page.getByText('The appliance does not answer').first().waitFor()
        await box.start(address)
        await page.getByText('Nothing you typed is lost.', { exact: false }).waitFor({ state: 'detached', timeout: 30_000 })
        assert.equal(await page.getByLabel(/^month/).inputValue(), '2026-07')
      },
      { url: box.url },
    )
  } finally {
    await box.close()
  }
})

test('the register form keeps what was typed when the session ends, the server restarts and the page is loaded anew', async () => {
  const box = await startAppliance()
  try {
    await setUp(box)
    const address = new URL(box.url).host
    await journey(
      async (page, window) => {
        await signInAs(window, box.url, 'admin')
        await page.goto(`${box.url}/register`)
        await page.getByLabel('File name').fill('kept.py')
        await page.locator('.cm-content').click()
        await page.keyboard.type('print(1)')
        await window.context.clearCookies()
        await button(page, 'Inspect').click()
        const dialog = page.getByRole('dialog')
        await dialog.getByLabel('Password').fill(PASSWORD)
        await dialog.getByRole('button', { name: 'Sign in' }).click()
        await dialog.waitFor({ state: 'detached' })
        assert.match(await page.locator('.cm-content').innerText(), /print\(1\)/)
        await box.stop()
        await button(page, 'Inspect').click()
        await page.getByText('The appliance does not answer').first().waitFor()
        await box.start(address)
        await page.getByText('Nothing you typed is lost.', { exact: false }).waitFor({ state: 'detached', timeout: 30_000 })
        await page.reload()
        assert.equal(await page.getByLabel('File name').inputValue(), 'kept.py')
        await button(page, 'Inspect').click()
        await button(page, 'That is right').click()
        await page.getByLabel('Comment').fill('kept too')
        await window.context.clearCookies()
        await button(page, 'Save and publish').click()
        await dialog.getByLabel('Password').fill(PASSWORD)
        await dialog.getByRole('button', { name: 'Sign in' }).click()
        await dialog.waitFor({ state: 'detached' })
        assert.equal(await page.getByLabel('Comment').inputValue(), 'kept too')
        await button(page, 'Save and publish').click()
        await page.waitForURL(/\/capabilities\/kept$/)
      },
      { url: box.url },
    )
  } finally {
    await box.close()
  }
})

test('a session about to end is announced in time, and goes on when asked', () =>
  journey(
    async (page, { settle }) => {
      await page.clock.install()
      await page.goto(`${appliance.url}/capabilities/sales-report/run`)
      await settle()
      await page.getByLabel(/^month/).fill('2026-06')
      const me = await admin.ask('GET', '/api/v1/me')
      assert.equal(await page.getByText('Your session is about to end').count(), 0)
      await page.clock.fastForward(me.session.idle_s * 900 - 60_000)
      await page.getByText('Your session is about to end').waitFor()
      await button(page, 'Stay signed in').click()
      await page.getByText('Your session is about to end').waitFor({ state: 'detached' })
      assert.equal(await page.getByLabel(/^month/).inputValue(), '2026-06')
    },
    { as: 'a-operator' },
  ))

test('a token is shown once and works', () =>
  journey(
    async (page) => {
      await page.goto(`${appliance.url}/account/tokens`)
      await button(page, 'Create a token').click()
      await page.getByRole('dialog').getByLabel(/^Name/).fill('ci')
      await page.getByRole('dialog').getByRole('button', { name: 'Create a token' }).click()
      const secret = await page.locator('[data-secret]').innerText()
      const answer = await fetch(`${appliance.url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } })
      assert.equal(answer.status, 200)
      await page.reload()
      await page.getByRole('cell', { name: 'ci', exact: true }).waitFor()
      assert.equal(await page.locator('[data-secret]').count(), 0)
      assert.ok(!(await page.content()).includes(secret))
    },
    { as: 'a-operator' },
  ))

test('two languages hold the same, and no page is without words', async () => {
  const read = (language) => readFileSync(new URL(`../../assets/ui/src/text/${language}/common.json`, import.meta.url), 'utf8')
  assert.deepEqual(Object.keys(JSON.parse(read('en'))), Object.keys(JSON.parse(read('zh'))))
  const person = await callerOf(appliance, 'a-operator')
  await journey(
    async (page) => {
      await page.goto(appliance.url)
      await page.getByRole('heading', { level: 1 }).waitFor()
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN')
      await page.getByRole('link', { name: '运行记录' }).first().click()
      await page.getByRole('heading', { level: 1, name: '运行记录' }).waitFor()
    },
    { language: 'zh', cookie: person.cookie },
  )
})
