// Whole journeys through the real binary: what a person does from an empty box to a proven run.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { PAPERS, REPORT, risky, SLOW } from './furnish.mjs'
import { addPeople, callerOf, closeBrowser, PASSWORD, setUp, signInAs, startAppliance } from './harness.mjs'
import { button, contentOf, journeyAt } from './journey.mjs'

let appliance
let admin
const journey = (body, options = {}) => journeyAt(options.url ?? appliance.url, body, options)

before(async () => {
  // Grave decisions always ask for the password here; in governance.test.mjs a moment after sign-in they do not.
  appliance = await startAppliance({ settings: { EXECGOV_SESSION_PROVEN_S: '0' } })
  admin = await setUp(appliance)
  await addPeople(appliance, admin, ['operator', 'approver', 'auditor'])
  await admin.register('sales-report.py', REPORT)
  await admin.register('slow.py', SLOW)
})

after(async () => {
  await closeBrowser()
  await appliance?.close()
})

test('first run: from the setup token to a finished run', async () => {
  const box = await startAppliance()
  try {
    await journey(
      async (page) => {
        await page.goto(box.url)
        await page.waitForURL(/\/setup/)
        await button(page, 'Next').click()
        await page.reload()
        await page.getByLabel('Setup token').fill(box.setupToken)
        await page.getByLabel('User name').fill('first')
        await page.getByLabel(/^Password/).fill(PASSWORD)
        await button(page, 'Create the administrator').click()
        await page.getByText('The two are not equal.').waitFor()
        await page.getByLabel('The same again').fill(PASSWORD)
        await button(page, 'Create the administrator').click()
        await page.getByText('This connection is not encrypted').waitFor()
        await button(page, 'Next').click()
        await button(page, 'Next').click()
        await button(page, 'Register and publish it').click()
        await page.waitForURL(/\/capabilities\/greeting-report\/run/)
        await page.getByLabel('pause').fill('0')
        await button(page, 'Run').click()
        await page.waitForURL(/\/runs\/run_/)
        await page.locator('[data-phase=succeeded]').waitFor({ timeout: 60_000 })
        await page.getByText('hello Lin (3 of 3)').waitFor()
      },
      { url: box.url },
    )
  } finally {
    await box.close()
  }
})

test('register from a file, look at the form, publish', () =>
  journey(
    async (page) => {
      const dir = mkdtempSync(join(tmpdir(), 'e2e-'))
      const file = join(dir, 'stock-check.py')
      writeFileSync(file, REPORT.replace('Sales report', 'Stock check'))
      await page.getByRole('link', { name: 'Capabilities', exact: true }).first().click()
      await button(page, 'Register a capability').click()
      await page.locator('input[type=file][data-field=source]').setInputFiles(file)
      await page.getByText('The form that people will see').waitFor()
      await page.getByLabel(/^month/).fill('2026-11')
      await button(page, 'That is right').click()
      await page.getByLabel('Comment').fill('first try')
      await button(page, 'Save and publish').click()
      await page.waitForURL(/\/capabilities\/stock-check$/)
      await page.getByRole('heading', { level: 1 }).waitFor()
    },
    { as: 'admin' },
  ))

test('a broken script is refused with its line, and nothing is stored', () =>
  journey(
    async (page) => {
      await page.goto(`${appliance.url}/register`)
      await page.getByLabel('File name').fill('broken.py')
      await page.locator('.cm-content').click()
      await page.keyboard.type('def main(:')
      await button(page, 'Inspect').click()
      await page.getByRole('alert').waitFor()
      assert.match(await page.getByRole('alert').innerText(), /broken\.py:1:10/)
      const list = await admin.ask('GET', '/api/v1/capabilities?q=broken')
      assert.equal(list.items.length, 0)
    },
    { as: 'admin' },
  ))

test('a form error names the field, takes the focus, keeps what was typed; then the run succeeds and its receipt verifies', () =>
  journey(
    async (page) => {
      await page.goto(`${appliance.url}/capabilities/sales-report/run`)
      await page.getByLabel(/^top/).fill('many')
      await button(page, 'Run').click()
      await page.getByText('2 inputs need another look').waitFor()
      const month = page.getByLabel(/^month/)
      assert.equal(await month.getAttribute('aria-invalid'), 'true')
      assert.equal(await month.evaluate((field) => field === document.activeElement), true)
      await month.fill('2026-11')
      await page.reload()
      assert.equal(await page.getByLabel(/^month/).inputValue(), '2026-11', 'the draft survives a reload')
      await page.getByLabel(/^top/).fill('2')
      await page.getByText('Allowed', { exact: true }).waitFor()
      await button(page, 'Dry run').click()
      await page.getByText('The inputs fit. Nothing was started.').waitFor()
      await button(page, 'Run').click()
      await page.locator('[data-phase=succeeded]').waitFor({ timeout: 60_000 })
      await page.getByRole('link', { name: /^Result and files/ }).click()
      await page.getByRole('cell', { name: 'product 2' }).first().waitFor()
      await button(page, 'Preview').click()
      await page.getByRole('region', { name: 'report.csv' }).waitFor()
      await page.getByRole('link', { name: 'Receipt' }).click()
      await button(page, 'Verify here').click()
      await page.getByText('The signature is that of this appliance').waitFor()
    },
    { as: 'a-operator' },
  ))

test('a run cannot be asked for before its form is there', () =>
  journey(
    async (page) => {
      let release
      const held = new Promise((done) => (release = done))
      await page.route(/\/assets\/schema-form-/, async (route) => {
        await held
        await route.fallback()
      })
      await page.goto(`${appliance.url}/capabilities/slow/run`, { waitUntil: 'commit' })
      await button(page, 'Run').waitFor()
      assert.equal(await button(page, 'Run').isDisabled(), true)
      release()
      await page.waitForFunction(() => [...document.querySelectorAll('main button')].some((one) => one.textContent === 'Run' && !one.disabled))
    },
    { as: 'a-operator' },
  ))

test('the log is live, is searched while it grows, folds, links to a line; cancelling stops the run', () =>
  journey(
    async (page) => {
      await page.goto(`${appliance.url}/capabilities/slow/run`)
      await button(page, 'Run').click()
      await page.waitForURL(/\/runs\/run_/)
      await page.getByText('tick 3', { exact: true }).waitFor({ timeout: 60_000 })
      assert.equal(await page.evaluate(() => window.pwned), undefined, 'output is text')
      await page.keyboard.press('Control+f')
      await page.getByRole('textbox', { name: 'Find in the log' }).fill('tick')
      await page.getByText(/^\d+ of \d+$/).waitFor()
      const count = async () => Number((await page.getByText(/^\d+ of \d+$/).innerText()).split(' ').at(-1))
      const first = await count()
      await page.waitForFunction((least) => Number(document.querySelector('.log [role=search] [role=status]')?.textContent?.split(' ').at(-1)) > least, first, { timeout: 30_000 })
      await button(page, 'Close').first().click()
      await page.getByRole('region', { name: 'Log' }).press('Home')
      await button(page, 'Fold Warming up').click()
      await page.getByText('step 2', { exact: true }).waitFor({ state: 'detached' })
      await button(page, 'Line 1').click()
      assert.match(page.url(), /#L1$/)
      await button(page, 'Cancel the run').click()
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click()
      await page.locator('[data-phase=cancelled]').waitFor({ timeout: 30_000 })
      const id = /run_[0-9a-z]+/.exec(page.url())[0]
      const log = await admin.ask('GET', `/api/v1/runs/${id}/log?from=1&count=10000`)
      assert.deepEqual(log.lines.map((line) => line.n), Array.from({ length: log.total }, (_, i) => i + 1))
    },
    { as: 'a-operator' },
  ))

test('run again, edited: the difference is shown and the new run says what it repeats', () =>
  journey(
    async (page) => {
      const before = await admin.run('sales-report', { month: '2026-10', top: 4 })
      await page.goto(`${appliance.url}/runs/${before.id}`)
      await page.locator('h1').waitFor()
      await button(page, 'Run again, edited').click()
      await page.getByText('The inputs are exactly those of the earlier run.').waitFor()
      assert.equal(await page.getByLabel(/^month/).inputValue(), '2026-10')
      await page.getByLabel(/^top/).fill('5')
      await page.getByText('One input differs').waitFor()
      await button(page, 'Run again').click()
      await page.waitForURL((to) => /\/runs\/run_/.test(to.pathname) && !to.pathname.includes(before.id))
      await page.locator('[data-phase=succeeded]').waitFor({ timeout: 60_000 })
      const id = /run_[0-9a-z]+/.exec(page.url())[0]
      const run = await admin.ask('GET', `/api/v1/runs/${id}`)
      assert.deepEqual([run.rerun_of, run.inputs.top, run.inputs.month], [before.id, 5, '2026-10'])
    },
    { as: 'admin' },
  ))

test('compare two versions and go back to the first', () =>
  journey(
    async (page) => {
      await admin.register('rates.py', REPORT)
      await admin.register('rates.py', REPORT.replace('n * 10', 'n * 20'))
      await page.goto(`${appliance.url}/capabilities/rates/versions`)
      await page.getByLabel('Compare from version 1').check()
      await page.getByText('-    rows = [{"product"', { exact: false }).first().waitFor()
      assert.match(page.url(), /from=1&to=2/)
      await button(page, 'Actions for version 1').click()
      await page.getByRole('menuitem', { name: 'Go back to this version' }).click()
      await page.getByRole('dialog').getByLabel('Comment').fill('the new rates are wrong')
      await page.getByRole('dialog').getByRole('button', { name: 'Go back to this version' }).click()
      await page.getByText('Version 1 is current again.').waitFor()
      assert.equal((await admin.ask('GET', '/api/v1/capabilities/rates')).current, 1)
    },
    { as: 'admin' },
  ))

test('an auditor filters the log, checks a proof and verifies everything', () =>
  journey(
    async (page) => {
      await page.goto(`${appliance.url}/audit?action=run.start`)
      await page.getByRole('link', { name: /^Open entry/ }).first().waitFor()
      const actions = await page.locator('tbody tr td:nth-child(3)').allInnerTexts()
      assert.ok(actions.length > 0 && actions.every((action) => action.startsWith('run.start')), String(actions))
      await button(page, 'Verify the log').click()
      await page.getByText(/^The log verifies: [\d,]+ entries$/).waitFor({ timeout: 60_000 })
      await page.getByRole('link', { name: /^Open entry/ }).first().click()
      await button(page, 'Check the proof here').click()
      await page.getByText('These bytes are in the log under the checkpoint').waitFor()
    },
    { as: 'a-auditor' },
  ))

test('a long verification says how far it is', () =>
  journey(
    async (page, { axe }) => {
      // The appliance's own stream, held back in the middle, so that there is time to look.
      let release
      const held = new Promise((done) => (release = done))
      await page.addInitScript(() => {
        const real = window.fetch
        window.fetch = async (...given) => {
          const response = await real(...given)
          if (!String(given[0]).endsWith('/audit/verify')) return response
          const text = await response.text()
          window.__verified = text
          const at = text.indexOf('event: verdict')
          const body = new ReadableStream({
            async start(control) {
              const put = (part) => control.enqueue(new TextEncoder().encode(part))
              put(text.slice(0, at))
              await window.__held()
              put(text.slice(at))
              control.close()
            },
          })
          return new Response(body, { headers: response.headers })
        }
      })
      await page.exposeFunction('__held', () => held)
      await page.goto(`${appliance.url}/audit`)
      await button(page, 'Verify the log').click()
      const bar = page.getByRole('progressbar', { name: 'Verifying' })
      await bar.waitFor()
      assert.match(await page.getByText(/^[\d,]+ of [\d,]+ entries$/).innerText(), /^0 of /)
      assert.deepEqual(await axe(), [])
      release()
      await page.getByText(/^The log verifies: [\d,]+ entries$/).waitFor({ timeout: 60_000 })
      assert.equal(await bar.count(), 0)
      assert.match(await page.evaluate(() => window.__verified), /^event: progress\ndata: \{"checked":0,"of":\d+\}/)
    },
    { as: 'a-auditor' },
  ))

test('a PDF is shown page by page as pictures; one that is none says so', () =>
  journey(
    async (page, { axe }) => {
      await admin.register('papers.py', PAPERS)
      const run = await admin.run('papers', {})
      await page.goto(`${appliance.url}/runs/${run.id}/outputs`)
      const row = (name) => page.getByRole('row', { name: new RegExp(name) })
      await row('paper.pdf').getByRole('button', { name: 'Preview' }).click()
      const drawn = (n) => page.getByRole('img', { name: `paper.pdf, Page ${n} of 2` }).and(page.locator('[aria-busy=false]'))
      await drawn(1).waitFor()
      const ink = await drawn(1).evaluate((paper) => {
        const { data } = paper.getContext('2d').getImageData(0, 0, paper.width, paper.height)
        return data.filter((value, i) => i % 4 === 0 && value < 128).length
      })
      assert.ok(ink > 500, `${ink} dark points`)
      await button(page, 'Next page').click()
      await drawn(2).waitFor()
      await page.getByText('Text of this page').click()
      await page.getByRole('region', { name: 'Text of this page' }).getByText('second page').waitFor()
      assert.deepEqual(await axe(), [])
      await row('broken.pdf').getByRole('button', { name: 'Preview' }).click()
      await page.getByText('This PDF cannot be shown', { exact: false }).waitFor()
    },
    { as: 'admin' },
  ))

test('a copy of the data in which one entry was altered does not verify, and the entry is named', async () => {
  const original = await startAppliance()
  let copy
  try {
    const boss = await setUp(original)
    await boss.ask('POST', '/api/v1/users', { username: 'victor-jones', password: `first ${PASSWORD}`, display_name: 'Victor Jones', roles: ['viewer'] })
    await boss.register('sales-report.py', REPORT)
    const [entry] = (await boss.ask('GET', '/api/v1/audit/events?action=user.create')).items
    await original.stop()
    const alter = (data) => {
      const ledger = join(data, 'ledger.redb')
      const bytes = readFileSync(ledger)
      let found = 0
      for (let at = bytes.indexOf('"name":"victor-jones"'); at >= 0; at = bytes.indexOf('"name":"victor-jones"', at + 1)) found += bytes.write('"name":"victor-janes"', at)
      assert.ok(found > 0, 'the entry is not in the ledger as text')
      writeFileSync(ledger, bytes)
    }
    copy = await startAppliance({ copyOf: original.data, change: alter })
    await journey(
      async (page, window) => {
        await signInAs(window, copy.url, 'admin')
        await page.goto(`${copy.url}/audit`)
        await button(page, 'Verify the log').click()
        await page.getByText(`The log does not verify: entry ${entry.index} is the first that is wrong`).waitFor({ timeout: 60_000 })
        const saved = page.waitForEvent('download')
        await button(page, 'Save the signed statement').click()
        const statement = JSON.parse(await contentOf(await saved))
        assert.equal(JSON.parse(Buffer.from(statement.payload, 'base64').toString()).verdict.first_bad, entry.index)
        await page.getByRole('link', { name: `Open entry ${entry.index}` }).first().click()
        await button(page, 'Check the proof here').click()
        await page.getByText("The bytes do not have this leaf hash").or(page.getByText("The proof does not lead to the root of the checkpoint")).waitFor()
      },
      { url: copy.url },
    )
  } finally {
    await copy?.close()
    await original.close()
  }
})

test('two runs are compared: inputs, result, and the lines of their logs', () =>
  journey(
    async (page) => {
      const left = await admin.run('sales-report', { month: '2026-10', top: 2 })
      const right = await admin.run('sales-report', { month: '2026-10', top: 3 })
      await page.goto(`${appliance.url}/compare?left=${left.id}&right=${right.id}`)
      const log = page.getByRole('region', { name: 'Log', exact: true })
      await log.waitFor()
      assert.equal(await log.locator('.diff-line.add').count(), 1)
      assert.match(await log.locator('.diff-line.add').innerText(), /^\+\{"product": "product 3"/)
      assert.equal(await log.locator('.diff-line.del').count(), 0)
    },
    { as: 'a-auditor' },
  ))

test('one step of a log is downloaded by itself', () =>
  journey(
    async (page) => {
      await admin.register('steps.sh', '#!/bin/sh\n# Two steps\necho "##[group]Build / it"\necho one\necho two\necho "##[endgroup]"\necho after\n')
      const run = await admin.run('steps', {})
      await page.goto(`${appliance.url}/runs/${run.id}`)
      await button(page, 'Lines of Build / it').click()
      const saved = page.waitForEvent('download')
      await page.getByRole('menuitem', { name: 'Download this step' }).click()
      const download = await saved
      assert.equal(download.suggestedFilename(), `${run.id}-Build-it.log`)
      assert.deepEqual((await contentOf(download)).trimEnd().split('\n').map((line) => line.split(' ').at(-1)), ['one', 'two'])
    },
    { as: 'admin' },
  ))

test('the run list counts what is new instead of moving rows; chosen runs are run again and exported', () =>
  journey(
    async (page, { settle }) => {
      await admin.register('bulk.sh', '#!/bin/sh\n# Says one word\necho word\n')
      for (let n = 0; n < 2; n += 1) await admin.run('bulk', {})
      await page.goto(`${appliance.url}/runs?capability=bulk`)
      await settle()
      const rows = page.locator('tbody tr')
      assert.equal(await rows.count(), 2)
      await admin.run('bulk', {})
      const fresh = page.getByRole('button', { name: /1 new/ })
      await fresh.waitFor()
      assert.equal(await rows.count(), 2, 'the rows stay where they are')
      await fresh.click()
      await rows.nth(2).waitFor()
      for (const n of [0, 1]) await rows.nth(n).getByRole('checkbox').check()
      const saved = page.waitForEvent('download')
      await page.getByRole('toolbar').getByRole('button', { name: 'CSV' }).click()
      assert.equal((await contentOf(await saved)).trimEnd().split('\r\n').length, 3)
      await page.getByRole('toolbar').getByRole('button', { name: 'Run again' }).click()
      await rows.nth(4).waitFor({ timeout: 30_000 })
      const { items } = await admin.ask('GET', '/api/v1/runs?capability=bulk')
      assert.equal(items.length, 5)
    },
    { as: 'admin' },
  ))

test('a critical run waits for somebody else: asked for, found in the inbox, approved with the password, run, and the run says by whom', async () => {
  await admin.register('payout.py', risky('critical', 'Pays money out'))
  await journey(
    async (page, { settle }) => {
      await page.goto(`${appliance.url}/capabilities/payout/run`)
      await settle()
      await page.getByLabel(/^account/).fill('ACME-1')
      await page.getByLabel(/^amount/).fill('400')
      await page.getByText('Starts after approval').waitFor()
      await button(page, 'Run').click()
      await page.locator('[data-phase=awaiting_approval]').waitFor()
      await page.getByText('1 person agrees first (Approver)').waitFor()
      const run = /run_[0-9a-z]+/.exec(page.url())[0]
      // Whoever asked does not decide.
      await page.getByRole('link', { name: 'Open the request for approval' }).click()
      await page.getByRole('heading', { level: 1, name: /May payout v1 run\?/ }).waitFor()
      assert.equal(await button(page, 'Approve').isDisabled(), true)
      const request = /apr_[0-9a-z]+/.exec(page.url())[0]
      await page.goBack()
      await page.locator('[data-phase=awaiting_approval]').waitFor()

      await journey(
        async (desk) => {
          const inbox = desk.getByRole('navigation').getByRole('link', { name: /Approvals/ }).first()
          await inbox.getByText('1 waits for you').waitFor({ state: 'attached' })
          await inbox.click()
          await desk.getByRole('link', { name: `Open request ${request}` }).click()
          await desk.locator('.card', { hasText: 'Exact inputs' }).getByText('ACME-1').waitFor()
          await button(desk, 'Approve').click()
          const dialog = desk.getByRole('dialog')
          await dialog.getByLabel(/^Comment/).fill('Agrees with the invoice.')
          const [password, approve] = [dialog.getByLabel(/^Your password/), dialog.getByRole('button', { name: 'Approve', exact: true })]
          await approve.click()
          assert.equal(await password.getAttribute('aria-invalid'), 'true', 'not without the password')
          await password.fill(`not ${PASSWORD}`)
          await approve.click()
          await dialog.getByRole('alert').waitFor()
          assert.equal((await admin.ask('GET', `/api/v1/runs/${run}`)).phase, 'awaiting_approval', 'nor with a wrong one')
          await password.fill(PASSWORD)
          await approve.click()
          await desk.getByText('Approved: the run starts.').waitFor()
          await dialog.waitFor({ state: 'detached' })
          await desk.locator('.card', { hasText: /Decisions: 1 of 1/ }).getByText('Agrees with the invoice.').waitFor()
          await desk.getByRole('navigation').getByText('1 waits for you').waitFor({ state: 'detached' })
        },
        { as: 'a-approver' },
      )

      // The one who asked has the run open all the time.
      await page.locator('[data-phase=succeeded]').waitFor({ timeout: 60_000 })
      await page.getByText(/Approved by\s+a-approver/).waitFor()
      await page.getByText('paid 400 to ACME-1').waitFor()
    },
    { as: 'a-operator' },
  )
})

test('a high run is confirmed by whoever asked for it; one that was refused never starts and says why', async () => {
  await admin.register('restart-service.py', risky('high', 'Starts a service again'))
  await admin.register('payout.py', risky('critical', 'Pays money out'))
  await journey(
    async (page, { settle }) => {
      await page.goto(`${appliance.url}/capabilities/restart-service/run`)
      await settle()
      await page.getByLabel(/^account/).fill('billing')
      await page.getByText('Starts after your confirmation').waitFor()
      await button(page, 'Run').click()
      await page.getByText('Confirm that restart-service v1 shall run with these inputs').waitFor()
      await button(page, 'Confirm and run').click()
      await page.locator('[data-phase=succeeded]').waitFor({ timeout: 60_000 })
      await page.getByText('paid 1 to billing').waitFor()

      const operator = await callerOf(appliance, 'a-operator')
      const run = await operator.run('payout', { account: 'ACME-2' }, 0)
      const approver = await callerOf(appliance, 'a-approver')
      await journey(
        async (desk) => {
          await desk.goto(`${appliance.url}/approvals/${run.hold.approval}`)
          await button(desk, 'Reject').click()
          const dialog = desk.getByRole('dialog')
          await dialog.getByLabel(/^Your password/).fill(PASSWORD)
          await dialog.getByRole('button', { name: 'Reject', exact: true }).click()
          await dialog.getByText('Say why in a sentence.').waitFor()
          await dialog.getByLabel(/^Comment/).fill('There is no such invoice.')
          await dialog.getByRole('button', { name: 'Reject', exact: true }).click()
          await desk.getByText('Rejected: the run never starts.').waitFor()
        },
        { cookie: approver.cookie },
      )
      await page.goto(`${appliance.url}/approvals/${run.hold.approval}`)
      await page.getByText('There is no such invoice.').waitFor()
      const over = await operator.ask('GET', `/api/v1/runs/${run.id}`)
      assert.equal(over.started_at ?? null, null)
      assert.notEqual(over.finished_at ?? null, null)
    },
    { as: 'a-operator' },
  )
})

test('a freeze is set on its page, stops a start, and is removed', () =>
  journey(
    async (page, { settle }) => {
      await admin.register('frozen.sh', '#!/bin/sh\n# Says one word\necho word\n')
      await page.goto(`${appliance.url}/admin/freezes`)
      await button(page, 'Add a freeze').click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel(/^Name/).fill('Stocktaking')
      await dialog.getByLabel(/^Capabilities/).fill('frozen')
      await page.keyboard.press('Enter')
      await dialog.getByText('Again and again').click()
      await dialog.getByLabel(/^Begins at/).fill('00:00')
      await dialog.getByLabel(/^Lasts/).fill('24')
      await dialog.getByRole('button', { name: 'Add a freeze', exact: true }).click()
      await page.getByRole('row', { name: /Stocktaking/ }).getByText('In force').waitFor()
      await page.goto(`${appliance.url}/capabilities/frozen/run`)
      await settle()
      await page.getByText('A freeze is in force', { exact: true }).waitFor()
      assert.equal(await button(page, 'Run').isDisabled(), true)
      await page.goto(`${appliance.url}/admin/freezes`)
      await button(page, 'Remove the freeze Stocktaking').click()
      await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
      await page.getByText('There are no freezes.').waitFor()
      assert.equal((await admin.run('frozen', {})).phase, 'succeeded')
    },
    { as: 'admin' },
  ))

test('names that look like markup or commands stay text', async () => {
  const nasty = '<img src=x onerror="window.pwned=1">'
  await admin.register('nasty.py', `"""${nasty} {{7*7}} \u202egnp.\n"""\ndef main(note: str = "${nasty.replaceAll('"', "'")}"):\n    print("""${nasty}\\x1b]52;c;cHduZWQ=\\x07\\x1b[8mhidden""")\n    return {"${'<b>k</b>'}": "javascript:alert(1)"}\n`)
  const run = await admin.run('nasty', {})
  await journey(
    async (page, { settle }) => {
      for (const path of ['/capabilities', '/capabilities/nasty', '/capabilities/nasty/source', `/runs/${run.id}`, `/runs/${run.id}/outputs`, '/audit', '/<script>alert(1)</script>']) {
        await page.goto(appliance.url + path)
        await page.locator('h1').waitFor()
        await settle()
        assert.equal(await page.evaluate(() => window.pwned), undefined, path)
        assert.equal(await page.locator('main img[src=x]').count(), 0, path)
      }
      await page.goto(`${appliance.url}/signin?next=//evil.example`)
      await page.locator('h1').waitFor()
    },
    { as: 'admin' },
  )
})
