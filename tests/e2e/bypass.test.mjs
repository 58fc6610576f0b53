// Whatever the console could offer to get around an approval is refused, by the page and by the appliance behind it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addPerson, admin, appliance, approveIn, approver, as, button, dialogButton, dissolve, found, operator, patch, publish, relax, waits, withdraw } from './company.mjs'
import { risky } from './furnish.mjs'
import { callerOf, PASSWORD, proven } from './harness.mjs'

before(async () => {
  await found()
  await publish('wire.py', risky('critical', 'Wires money'))
})
after(dissolve)

test('not under a second account of the same person', async () => {
  const people = (await admin.ask('GET', '/api/v1/users?q=a-operator')).items
  await patch(people.find((one) => one.name === 'a-operator'), { person: 'E-17' })
  await addPerson('a-twin', ['approver'], 'E-17')
  const run = await waits('wire', { account: 'TWIN' })
  await as('a-twin', async (page) => {
    await page.goto(`${appliance.url}/approvals/${run.hold.approval}`)
    await page.getByText('You cannot decide on this request').waitFor()
    assert.equal(await button(page, 'Approve').isDisabled(), true)
    assert.match(await button(page, 'Approve').getAttribute('title'), /another account/)
  })
  await withdraw(run)
})

test('not with what changed since the page was opened: the rule, or the request itself', async () => {
  const run = await waits('wire', { account: 'STALE' })
  await as('a-approver', async (page) => {
    await page.goto(`${appliance.url}/approvals/${run.hold.approval}`)
    await button(page, 'Approve').waitFor()
    // The page asks every ten seconds; what is decided on is what stood there when the form was opened.
    await button(page, 'Approve').click()
    await proven(page.getByRole('dialog'))
    const boss = await callerOf(appliance, 'a-tenant-admin')
    await boss.ask('PUT', '/api/v1/rules/capability/wire', { need: { kind: 'approve', approvers: 2, role: 'approver' }, reason_required: true })
    await dialogButton(page, 'Approve').click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    await relax(boss)
    assert.notEqual((await operator.ask('GET', `/api/v1/runs/${run.id}`)).phase, 'succeeded')
  })
})

test('not with another digest than that of what would run', async () => {
  const run = await waits('wire', { account: 'FORGED' })
  await as('a-approver', async (page) => {
    await page.route(/\/approvals\/apr_[0-9a-z]+\/approve$/, async (route) => {
      const body = route.request().postDataJSON()
      await route.fallback({ postData: JSON.stringify({ ...body, binding: body.binding.replace(/[0-9a-f]$/, (last) => (last === '0' ? '1' : '0')) }) })
    })
    await page.goto(`${appliance.url}/approvals/${run.hold.approval}`)
    await approveIn(page)
    await page.getByRole('dialog').getByText('Not what you saw').first().waitFor()
    assert.equal((await operator.ask('GET', `/api/v1/runs/${run.id}`)).phase, 'awaiting_approval')
  })
  await withdraw(run)
})

test('not after the role was taken away while the page stood open', async () => {
  await addPerson('a-leaver', ['approver'])
  const run = await waits('wire', { account: 'LEAVER' })
  await as('a-leaver', async (page) => {
    await page.goto(`${appliance.url}/approvals/${run.hold.approval}`)
    await button(page, 'Approve').waitFor()
    await button(page, 'Approve').click()
    await proven(page.getByRole('dialog'))
    const person = (await admin.ask('GET', '/api/v1/users?q=a-leaver')).items[0]
    await patch(person, { roles: ['viewer'] })
    await dialogButton(page, 'Approve').click()
    await page.getByRole('alert').first().waitFor()
    assert.equal((await operator.ask('GET', `/api/v1/runs/${run.id}`)).phase, 'awaiting_approval')
  })
  await withdraw(run)
})

test('two windows of one approver count once', async () => {
  const boss = await callerOf(appliance, 'a-tenant-admin')
  await boss.ask('PUT', '/api/v1/rules/capability/wire', { need: { kind: 'approve', approvers: 2, role: 'approver' } })
  const run = await waits('wire', { account: 'TWICE' })
  await as('a-approver', async (one) => {
    await as('a-approver', async (other) => {
      for (const page of [one, other]) {
        await page.goto(`${appliance.url}/approvals/${run.hold.approval}`)
        await button(page, 'Approve').click()
        await proven(page.getByRole('dialog'))
      }
      await Promise.all([dialogButton(one, 'Approve').click(), dialogButton(other, 'Approve').click()])
      await one.getByText('Your consent counts; more are needed.').first().waitFor()
      const request = await approver.ask('GET', `/api/v1/approvals/${run.hold.approval}`)
      assert.equal(request.consents, 1)
      assert.equal(request.state, 'open')
      await one.reload()
      await one.getByText('You have decided already: a decision is final.').waitFor()
      assert.equal(await button(one, 'Approve').isDisabled(), true)
    })
  })
  await withdraw(run)
  await relax(boss)
})

test('not once it was withdrawn, and the one who asked withdraws it with a word', async () => {
  const run = await waits('wire', { account: 'GONE' })
  await as('a-approver', async (desk) => {
    await desk.goto(`${appliance.url}/approvals/${run.hold.approval}`)
    await button(desk, 'Approve').click()
    await proven(desk.getByRole('dialog'))
    await as('a-operator', async (page) => {
      await page.goto(`${appliance.url}/approvals/${run.hold.approval}`)
      await button(page, 'Withdraw').click()
      await page.getByRole('dialog').getByLabel('Comment').fill('Wrong account')
      await dialogButton(page, 'Withdraw').click()
      await page.getByText('The request is withdrawn; the run is cancelled.').waitFor()
      await page.getByText('Withdrawn', { exact: true }).first().waitFor()
    })
    await dialogButton(desk, 'Approve').click()
    await desk.getByRole('dialog').getByRole('alert').waitFor()
  })
  assert.notEqual((await operator.ask('GET', `/api/v1/runs/${run.id}`)).phase, 'succeeded')
})

test('a new version tells the approver what changed since the one that was approved', async () => {
  const first = await waits('wire', { account: 'BASE' })
  const { binding } = await approver.ask('GET', `/api/v1/approvals/${first.hold.approval}`)
  await approver.ask('POST', `/api/v1/approvals/${first.hold.approval}/approve`, { binding, password: PASSWORD })
  await publish('wire.py', risky('critical', 'Wires money', '    print("booked twice")\n'))
  const run = await waits('wire', { account: 'NEXT' })
  await as('a-approver', async (page) => {
    await page.goto(`${appliance.url}/approvals/${run.hold.approval}`)
    await page.getByText('Since version 1, which was approved last:').waitFor()
    await page.getByText('booked twice').first().waitFor()
  })
  await withdraw(run)
})
