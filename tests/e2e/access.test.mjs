// Who may do what, and why, in the browser: spaces, roles given there, the answer to "why", and policies of the tenant's own.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addPerson, admin, appliance, as, button, dialogButton, dissolve, found, operator, publish } from './company.mjs'
import { risky } from './furnish.mjs'

before(async () => {
  await found()
  await publish('greet.py', risky('low', 'Greets an account'))
  await admin.ask('PUT', '/api/v1/capabilities/greet/space', { space: 'team' })
})
after(dissolve)

/** Picks from a list that opens. */
async function pick(page, name, option) {
  await page.getByRole('dialog').getByRole('combobox', { name }).click()
  await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)').getByText(option, { exact: true }).click()
}

/** Asks whether somebody may run a capability, which is what the page offers first. */
async function whetherRuns(page, user, on) {
  await page.goto(`${appliance.url}/admin/roles`)
  await page.getByRole('combobox', { name: 'Who', exact: true }).fill(user)
  await page.getByLabel(/^On what/).fill(on)
  await button(page, 'Ask').click()
}

test('a role given in one folder holds there and nowhere else, and the answer names the grant', async () => {
  await addPerson('carla', [])
  await as('a-tenant-admin', async (page) => {
    await page.goto(`${appliance.url}/admin/spaces`)
    await button(page, 'Make a space').click()
    await dialogButton(page, 'Make a space').click()
    assert.equal(await page.getByRole('dialog').getByLabel(/^Name/).getAttribute('aria-invalid'), 'true', 'a space needs a name')
    await page.getByRole('dialog').getByLabel(/^Name/).fill('No Name')
    await dialogButton(page, 'Make a space').click()
    await page.getByRole('dialog').getByText(/EG-SPC-001/).waitFor()
    await page.getByRole('dialog').getByLabel(/^Name/).fill('treasury')
    await dialogButton(page, 'Make a space').click()
    await button(page, 'Add a folder in treasury').click()
    await page.getByRole('dialog').getByLabel(/^Name/).fill('nightly')
    await dialogButton(page, 'Add a folder').click()
    await page.getByRole('row', { name: /treasury\/nightly/ }).waitFor()

    await page.goto(`${appliance.url}/admin/grants`)
    await button(page, 'Give a role').click()
    await page.getByRole('dialog').getByRole('combobox', { name: /^Person or service account/ }).fill('carla')
    await pick(page, /^Role/, 'Operator')
    await page.getByRole('dialog').getByRole('combobox', { name: /^Where/ }).fill('treasury/nightly')
    await page.getByRole('dialog').getByLabel('Why').fill('Holiday of the operator')
    await dialogButton(page, 'Give a role').click()
    const row = page.getByRole('row', { name: /carla/ })
    await row.getByText('treasury/nightly').waitFor()

    await whetherRuns(page, 'carla', 'greet')
    await page.getByText('carla may not do capability.run', { exact: true }).waitFor()
    await admin.ask('PUT', '/api/v1/capabilities/greet/space', { space: 'treasury/nightly' })
    await button(page, 'Ask').click()
    await page.getByText('carla may do capability.run', { exact: true }).waitFor()
    await page.getByText('By the grant of operator (treasury/nightly)').waitFor()
  })

  await as('carla', async (page) => {
    await page.goto(`${appliance.url}/capabilities/greet/run`)
    await page.getByLabel(/^account/).fill('ACME')
    await button(page, 'Run').last().click()
    await page.waitForURL(/\/runs\/run_/)
    await page.getByText('Succeeded').first().waitFor()
  })

  await as('a-tenant-admin', async (page) => {
    await page.goto(`${appliance.url}/admin/grants`)
    await page.getByRole('button', { name: /Take operator from carla/ }).click()
    await dialogButton(page, 'Take away').click()
    await page.getByText('No roles were given besides those of the accounts.').waitFor()
    await whetherRuns(page, 'carla', 'greet')
    await page.getByText('carla may not do capability.run', { exact: true }).waitFor()
    await page.getByText(/One of these roles would allow it: .*Operator/).waitFor()
  })
})

test('policies of the tenant are tried before another person puts them in force, and say why', async () => {
  await addPerson('second', ['tenant-admin'])
  await operator.run('greet', { account: 'ACME' })
  await as('a-tenant-admin', async (page) => {
    await page.goto(`${appliance.url}/admin/policies`)
    await button(page, 'Write policies').click()
    const write = async (text) => {
      await page.getByRole('dialog').locator('.cm-content').click()
      await page.keyboard.press('Control+A')
      await page.keyboard.insertText(text)
    }
    await write('permit (principal, action')
    await dialogButton(page, 'Check and keep').click()
    await page.getByRole('dialog').getByText(/EG-POL-/).waitFor()
    await write('@id("no-greetings")\n@hint("Greet in person.")\nforbid (principal, action == Action::"capability.run", resource is Capability);')
    await page.getByRole('dialog').getByLabel('What for').fill('Nobody greets by script')
    await dialogButton(page, 'Check and keep').click()
    await page.getByText('The version is kept; it is not in force yet.').waitFor()
    const activate = button(page, 'Activate version 1')
    assert.equal(await activate.isDisabled(), true, 'not before it was tried')
    await button(page, 'Try version 1').click()
    await page.getByText(/Version 1: [1-9]\d* of \d+ requests of the last 30 days would be decided otherwise/).waitFor()
    await activate.click()
    await dialogButton(page, 'Activate').click()
    await page.getByText(/EG-AUTH-002/).waitFor()
  })
  await as('second', async (page) => {
    await page.goto(`${appliance.url}/admin/policies`)
    await button(page, 'Activate version 1').click()
    await dialogButton(page, 'Activate').click()
    await page.getByText('Version 1 is in force.').waitFor()
  })
  await as('a-operator', async (page) => {
    await page.goto(`${appliance.url}/capabilities/greet/run`)
    await page.getByText('no-greetings').waitFor()
    await page.getByText('Greet in person.').waitFor()
  })
})
