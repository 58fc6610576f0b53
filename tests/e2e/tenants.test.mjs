// Another organisation on the same appliance, in the browser: made, its administrator made, suspended, resumed; and an account deleted for good.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addPerson, admin, appliance, as, button, dialogButton, dissolve, found } from './company.mjs'

before(found)
after(dissolve)

test('a tenant is made with its administrator, suspended and resumed', async () => {
  await as('admin', async (page) => {
    await page.goto(`${appliance.url}/admin/tenants`)
    await button(page, 'Make a tenant').click()
    const dialog = page.getByRole('dialog')
    await dialogButton(page, 'Make a tenant').click()
    assert.equal(await dialog.getByLabel(/^Key/).getAttribute('aria-invalid'), 'true', 'a tenant needs a key')
    await dialog.getByLabel(/^Key/).fill('public')
    await dialogButton(page, 'Make a tenant').click()
    await dialog.getByText(/EG-TEN-001/).waitFor()
    await dialog.getByLabel(/^Key/).fill('acme')
    await dialog.getByLabel(/^Title/).fill('Acme GmbH')
    await dialogButton(page, 'Make a tenant').click()
    await page.getByRole('link', { name: 'Acme GmbH' }).click()
    await page.getByText('No user fits').waitFor()
    await button(page, 'Create a user').click()
    await dialog.getByLabel(/^User name/).fill('chief')
    await dialog.getByLabel(/^First password/).fill('correct horse battery')
    await dialog.getByRole('checkbox', { name: /Tenant administrator/ }).check()
    await dialogButton(page, 'Create a user').click()
    await page.getByRole('link', { name: 'chief' }).click()
    await page.getByText('acme', { exact: true }).waitFor()

    await page.goto(`${appliance.url}/admin/tenants`)
    await button(page, 'Suspend Acme GmbH').click()
    await dialogButton(page, 'Suspend').click()
    await page.getByRole('row', { name: /Acme GmbH/ }).getByText('Suspended').waitFor()
    assert.ok(await page.getByRole('button', { name: /Suspend default/ }).isDisabled(), 'the first tenant stays active')
    await button(page, 'Resume Acme GmbH').click()
    await page.getByRole('row', { name: /Acme GmbH/ }).getByText('Active').waitFor()
  })
})

test('an account is deleted for good and stays as a name', async () => {
  await addPerson('leaver', ['viewer'])
  const { id } = await admin.ask('GET', '/api/v1/users/leaver')
  await as('admin', async (page) => {
    await page.goto(`${appliance.url}/admin/users/${id}`)
    await button(page, 'Delete').click()
    await dialogButton(page, 'Delete').click()
    await page.getByText('Deleted', { exact: true }).first().waitFor()
    assert.ok(await page.getByRole('button', { name: 'Enable' }).isDisabled(), 'there is no way back')
    await page.goto(`${appliance.url}/admin/users`)
    await page.getByRole('link', { name: 'a-operator' }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'leaver' }).count(), 0)
    await page.getByRole('checkbox', { name: 'Deleted accounts' }).check()
    await page.getByRole('link', { name: 'leaver' }).waitFor()
  })
})
