// Governance in the browser, on an appliance where nobody decides alone: five people take one script from a draft to a proven run,
// and whatever the console could offer to get around an approval is refused, by the page and by the appliance behind it.
import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { risky } from './furnish.mjs'
import { addPeople, Caller, callerOf, closeBrowser, openWindow, PASSWORD, setUp, startAppliance, proven } from './harness.mjs'

let appliance
let admin
let operator
let approver
const button = (page, name) => page.getByRole('button', { name, exact: true })
const dialogButton = (page, name) => page.getByRole('dialog').getByRole('button', { name, exact: true })

before(async () => {
  appliance = await startAppliance()
  admin = await setUp(appliance, 'four_eyes')
  await addPeople(appliance, admin, ['author', 'reviewer', 'operator', 'approver', 'auditor', 'tenant-admin'])
  operator = await callerOf(appliance, 'a-operator')
  approver = await callerOf(appliance, 'a-approver')
})

after(async () => {
  await closeBrowser()
  await appliance?.close()
})

/** A window signed in as somebody, which must do nothing it must not do. */
async function as(name, body) {
  const caller = await callerOf(appliance, name)
  const window = await openWindow(appliance.url, { cookie: caller.cookie })
  try {
    await body(window.page, window)
    assert.deepEqual(await window.trouble(), [])
  } catch (cause) {
    const where = `\n  as ${name} at ${window.page.url()}\n  ${(await window.page.locator('body').innerText().catch(() => '')).slice(0, 2500)}\n`
    cause.stack = `${where}${cause.stack}`
    throw cause
  } finally {
    await window.context.close()
  }
}

/** A version that its author sent and a reviewer published, through the API. */
async function publish(name, source) {
  const author = await callerOf(appliance, 'a-author')
  const made = await author.register(name, source, false)
  await agree(made.capability.name, made.version.number)
  return made.capability.name
}

async function agree(name, number) {
  const author = await callerOf(appliance, 'a-author')
  const reviewer = await callerOf(appliance, 'a-reviewer')
  const path = `/api/v1/capabilities/${name}/versions/${number}`
  await author.ask('POST', `${path}/submit`, { changelog: 'What it does now' })
  await reviewer.ask('POST', `${path}/publish`, { password: PASSWORD })
}

/** A run that waits for approval. */
const waits = (capability, inputs) => operator.ask('POST', '/api/v1/runs', { capability, inputs, reason: 'Invoice' })

async function approveIn(page) {
  await button(page, 'Approve').click()
  await proven(page.getByRole('dialog'))
  await dialogButton(page, 'Approve').click()
}

test('five people: the author registers, the reviewer publishes, the operator asks, the approver agrees, the auditor proves', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'e2e-'))
  const file = join(dir, 'payout.py')
  writeFileSync(file, risky('critical', 'Pays money out'))

  await as('a-author', async (page) => {
    await page.goto(`${appliance.url}/register`)
    await page.locator('input[type=file][data-field=source]').setInputFiles(file)
    await page.getByText('The form that people will see').waitFor()
    await button(page, 'That is right').click()
    assert.equal(await button(page, 'Save and publish').isDisabled(), true, 'nobody publishes alone')
    await button(page, 'Save as a draft').click()
    await page.waitForURL(/\/capabilities\/payout\/versions\/1$/)
    await button(page, 'Ask for a review').click()
    await dialogButton(page, 'Ask for a review').click()
    await page.getByText('Say in one line what is new.').waitFor()
    await page.getByRole('dialog').getByLabel(/^What is new/).fill('Pays one account')
    await dialogButton(page, 'Ask for a review').click()
    await page.getByText('This version waits for a reviewer who is not its author.').waitFor()
    const shut = button(page, 'Publish')
    await shut.waitFor()
    await page.waitForFunction(() => [...document.querySelectorAll('header button')].some((one) => one.textContent === 'Publish' && one.disabled))
    assert.match(await shut.getAttribute('title'), /Reviewer|four-eyes/)
  })

  await as('a-reviewer', async (page) => {
    await page.goto(`${appliance.url}/capabilities/payout/versions/1`)
    await page.getByText('Pays one account').waitFor()
    await page.getByRole('heading', { name: 'Onboarding checklist' }).or(page.getByText(/of \d+ done/)).first().waitFor()
    await page.getByText('There is no version to compare with.').waitFor()
    await page.waitForFunction(() => [...document.querySelectorAll('header button')].some((one) => one.textContent === 'Publish' && !one.disabled))
    await button(page, 'Publish').click()
    await page.getByRole('dialog').getByLabel(/^Comment/).fill('Read and tried.')
    const password = page.getByRole('dialog').getByLabel(/^Your password/)
    await dialogButton(page, 'Publish').click()
    assert.equal(await password.getAttribute('aria-invalid'), 'true', 'not without the password')
    await password.fill(PASSWORD)
    await dialogButton(page, 'Publish').click()
    await page.getByText('Version 1 is published.').waitFor()
    await page.locator('.card', { hasText: 'What was current, and who agreed' }).getByText('a-reviewer').waitFor()
  })

  let run
  let request
  await as('a-operator', async (page, { settle }) => {
    await page.goto(`${appliance.url}/capabilities/payout/run`)
    await settle()
    await page.getByLabel(/^account/).fill('ACME-1')
    await page.getByText('Starts after approval').waitFor()
    await button(page, 'Run').click()
    await page.locator('[data-phase=awaiting_approval]').waitFor()
    run = /run_[0-9a-z]+/.exec(page.url())[0]
    await page.getByRole('link', { name: 'Open the request for approval' }).click()
    await page.getByText('You cannot decide on this request').waitFor()
    assert.equal(await button(page, 'Approve').isDisabled(), true)
    await page.getByText(/never-the-requester/).waitFor()
    request = /apr_[0-9a-z]+/.exec(page.url())[0]
    await page.goto(appliance.url)
    await page.getByRole('link', { name: '1 request of yours is open' }).waitFor()
  })

  await as('a-approver', async (page) => {
    await page.goto(appliance.url)
    await page.getByRole('link', { name: '1 request for approval' }).click()
    await page.getByRole('link', { name: `Open request ${request}` }).click()
    await page.locator('.card', { hasText: 'Exact inputs' }).getByText('ACME-1').waitFor()
    await approveIn(page)
    await page.getByText('Approved: the run starts.').waitFor()
  })
  await admin.ask('GET', `/api/v1/runs/${run}?wait=60`).catch(() => undefined)

  await as('a-auditor', async (page, { settle }) => {
    await page.goto(`${appliance.url}/approvals/${request}`)
    await page.getByText('Approved', { exact: true }).first().waitFor()
    assert.equal(await button(page, 'Approve').count(), 0, 'a request that is over offers nothing')
    await page.goto(`${appliance.url}/audit?kind=approval&subject=${request}`)
    await settle()
    const actions = (await page.locator('tbody tr td:nth-child(3)').allInnerTexts()).join(' ')
    assert.match(actions, /approval\.approve/)
    await page.getByRole('row', { name: /approval\.approve/ }).getByRole('link', { name: /^Open entry/ }).click()
    await button(page, 'Check the proof here').click()
    await page.getByText('These bytes are in the log under the checkpoint').waitFor()
    await page.goto(`${appliance.url}/capabilities/payout`)
    assert.equal(await button(page, 'Run').isDisabled(), true, 'an auditor changes nothing')
  })
})

describe('no way around an approval', () => {
  before(async () => publish('wire.py', risky('critical', 'Wires money')))

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
})

test('a group is made, filled for a time and emptied; who may not change it sees why', async () => {
  await as('a-tenant-admin', async (page) => {
    await page.goto(`${appliance.url}/admin/groups`)
    await button(page, 'Make a group').click()
    await page.getByRole('dialog').getByLabel(/^Name/).fill('Not A Name')
    await dialogButton(page, 'Make a group').click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    await page.getByRole('dialog').getByLabel(/^Name/).fill('treasury')
    await dialogButton(page, 'Make a group').click()
    await page.getByRole('link', { name: 'Open the group treasury' }).click()
    await button(page, 'Add a person').click()
    await page.getByRole('dialog').getByLabel(/^Person/).fill('a-approver')
    await page.getByRole('dialog').getByLabel(/^Until/).fill('2099-01-31 18:00')
    await dialogButton(page, 'Add a person').click()
    await page.getByRole('row', { name: /a-approver/ }).getByText('2099-01-31 18:00:00').waitFor()
  })
  await as('a-operator', async (page) => {
    await page.goto(`${appliance.url}/admin/groups/treasury`)
    await button(page, 'Add a person').waitFor()
    assert.equal(await button(page, 'Add a person').isDisabled(), true)
    assert.equal(await button(page, 'Take a-approver out').isDisabled(), true)
  })
  await as('a-tenant-admin', async (page) => {
    await page.goto(`${appliance.url}/admin/groups/treasury`)
    await button(page, 'Take a-approver out').click()
    await dialogButton(page, 'Take out').click()
    await page.getByText('Nobody is in it yet.').waitFor()
  })
})

test('an announcement is written by one, published by another, read by those it is for, and counted', async () => {
  await as('a-tenant-admin', async (page) => {
    await page.goto(`${appliance.url}/admin/announcements`)
    await button(page, 'Write an announcement').click()
    const dialog = page.getByRole('dialog')
    await dialogButton(page, 'Save').click()
    await dialog.getByText('A value is needed here.').first().waitFor()
    await dialog.getByLabel(/^Title/).fill('Stocktaking on Friday')
    await dialog.getByLabel(/^Text/).fill('Nothing that writes runs after 18:00.')
    await dialog.getByText('Each reader says that they have read it').click()
    await dialogButton(page, 'Save').click()
    await page.waitForURL(/\/admin\/announcements\/\w+/)
    await button(page, 'Send for review').click()
    await page.getByText('In review', { exact: true }).waitFor()
    await button(page, 'Publish').waitFor()
    assert.equal(await button(page, 'Publish').isDisabled(), true, 'its author does not publish it')
  })
  const [draft] = (await admin.ask('GET', '/api/v1/announcements?view=all')).items
  await admin.ask('POST', `/api/v1/announcements/${draft.id}/publish`, {})
  await as('a-operator', async (page) => {
    await page.goto(appliance.url)
    await page.getByText('Nothing that writes runs after 18:00.').waitFor()
    await button(page, 'I have read it').click()
    await page.getByText('Nothing that writes runs after 18:00.').waitFor({ state: 'detached' })
    await page.reload()
    await page.getByRole('heading', { level: 1 }).waitFor()
    assert.equal(await page.getByText('Nothing that writes runs after 18:00.').count(), 0)
  })
  await as('a-tenant-admin', async (page) => {
    await page.goto(`${appliance.url}/admin/announcements/${draft.id}`)
    await page.locator('.card', { hasText: 'Who has read it' }).getByText('a-operator').waitFor()
  })
})

test('filters of the log are kept as a view, used by somebody else, and what fits is downloaded safely', async () => {
  await as('a-auditor', async (page, { settle }) => {
    await page.goto(`${appliance.url}/audit?kind=user`)
    await button(page, 'Views').click()
    await page.getByRole('menuitem', { name: 'Keep these filters' }).click()
    await page.getByRole('dialog').getByLabel(/^Name/).fill('Accounts')
    await page.getByRole('dialog').getByText('Others who read the log see it too').click()
    await dialogButton(page, 'Save').click()
    await page.getByText('The view Accounts is kept.').waitFor()
    await settle()
    await button(page, 'Download what fits').click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'Download as a table' }).getByRole('link').click()])
    assert.match(download.suggestedFilename(), /\.csv$/)
  })
  await as('a-tenant-admin', async (page, { settle }) => {
    await page.goto(`${appliance.url}/audit`)
    await settle()
    await button(page, 'Views').click()
    await page.getByRole('menuitem', { name: /^Accounts/ }).first().click()
    await page.waitForURL(/kind=user/)
  })
})

test('a checkpoint that is kept elsewhere is recorded, and the page says how much of the log it covers', async () => {
  await as('admin', async (page) => {
    await page.goto(`${appliance.url}/audit-keeping`)
    await page.getByText('No checkpoint is kept elsewhere yet.').first().waitFor()
    await button(page, 'Record a checkpoint').click()
    await page.getByRole('dialog').getByLabel(/^Where it is kept/).fill('Printed, safe of the legal department')
    await dialogButton(page, 'Record a checkpoint').click()
    await page.getByRole('cell', { name: 'Printed, safe of the legal department' }).waitFor()
    assert.equal(await button(page, 'Remove now what is older').isDisabled(), true, 'kept for ever unless the configuration says otherwise')
  })
})

test('a template is published, a capability made from it with a default of its own, and the next release proposed to it', async () => {
  await publish('monthly.py', risky('low', 'Reports a month'))
  await as('a-reviewer', async (page) => {
    await page.goto(`${appliance.url}/templates`)
    await button(page, 'Publish a template').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Capability/).fill('monthly')
    await dialog.getByLabel(/^What is new/).fill('First release')
    await dialogButton(page, 'Publish a template').click()
    await page.getByRole('link', { name: 'Open the template monthly' }).waitFor()
  })
  await as('a-author', async (page) => {
    await page.goto(`${appliance.url}/templates/monthly`)
    await button(page, 'Make a capability from it').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Name of the new capability/).fill('monthly-north')
    await dialog.getByLabel('amount').fill('7')
    await dialogButton(page, 'Make a capability from it').click()
    await page.waitForURL(/\/capabilities\/monthly-north\/versions/)
  })
  const made = await admin.ask('GET', '/api/v1/capabilities/monthly-north')
  assert.equal(made.manifest.inputs.properties.amount.default, 7)
  await agree('monthly-north', 1)
  await publish('monthly.py', risky('low', 'Reports a month', '    print("by region")\n'))
  await as('a-reviewer', async (page) => {
    await page.goto(`${appliance.url}/templates/monthly`)
    await page.locator('.card', { hasText: 'Who uses which release' }).getByRole('link', { name: 'monthly-north' }).waitFor()
    await button(page, 'Publish a template').click()
    await page.getByRole('dialog').getByLabel(/^What is new/).fill('By region')
    await dialogButton(page, 'Publish a template').click()
    await page.getByText('Release 2').first().waitFor()
    await button(page, 'Propose the newest release to all').click()
    await dialogButton(page, 'Propose the newest release to all').click()
    await page.getByText('Update proposed').waitFor()
  })
})

test('a capability is shared, rated, copied, and taken off the page by the one who moderates', async () => {
  await publish('handy.py', risky('low', 'Handy things'))
  await as('a-author', async (page) => {
    await page.goto(`${appliance.url}/community`)
    await button(page, 'Share a capability').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Capability/).fill('handy')
    await dialog.getByLabel(/^What it is good for/).fill('Saves an hour each Monday.')
    await dialogButton(page, 'Share a capability').click()
    await page.getByText('Saves an hour each Monday.').waitFor()
  })
  await as('a-operator', async (page) => {
    await page.goto(`${appliance.url}/community/handy`)
    assert.equal(await button(page, 'Copy it into my space').isDisabled(), true)
    await button(page, 'Rate it').click()
    await page.getByRole('dialog').getByText('5 stars').click()
    await page.getByRole('dialog').getByLabel('Comment').fill('It does.')
    await dialogButton(page, 'Save').click()
    await page.getByText('It does.').waitFor()
  })
  await as('a-author', async (page) => {
    await page.goto(`${appliance.url}/community/handy`)
    await page.getByText('5.0 of 5 (1 rating)').waitFor()
    await button(page, 'Copy it into my space').click()
    await page.getByRole('dialog').getByLabel(/^Name of the copy/).fill('handy-mine')
    await dialogButton(page, 'Copy it into my space').click()
    await page.waitForURL(/\/capabilities\/handy-mine\/versions/)
  })
  await as('a-tenant-admin', async (page) => {
    await page.goto(`${appliance.url}/community/handy`)
    await button(page, 'Take it off the page').click()
    await page.getByRole('dialog').getByLabel(/^Reason/).fill('Replaced by another.')
    await dialogButton(page, 'Take it off the page').click()
    await page.getByText(/Taken off by a-tenant-admin: Replaced by another\./).waitFor()
  })
  await as('a-operator', async (page) => {
    await page.goto(`${appliance.url}/community/handy`)
    await page.getByRole('heading', { level: 1, name: 'Not found' }).waitFor()
  })
})

test('a weaker rule waits for somebody else; what is shown is what would change', async () => {
  await as('a-tenant-admin', async (page) => {
    await page.goto(`${appliance.url}/admin/rules`)
    await button(page, 'Change the rule of Critical').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('What must happen first').click()
    await page.getByTitle('The requester confirms first').click()
    await dialog.getByLabel(/^Why/).fill('Fewer questions')
    await dialogButton(page, 'Save').click()
    await page.getByText('Others are asked to agree first.').waitFor()
  })
  await as('a-approver', async (page) => {
    await page.goto(`${appliance.url}/approvals?matter=setting`)
    await page.getByRole('link', { name: /^Open request/ }).first().click()
    await page.locator('.card', { hasText: 'What would change' }).getByText('confirm').first().waitFor()
    await page.getByText('Fewer questions').waitFor()
    await button(page, 'Reject').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Comment/).fill('Critical stays critical.')
    await proven(dialog)
    await dialogButton(page, 'Reject').click()
    await page.getByText('Refused: the setting stays as it is.').waitFor()
  })
  const rules = (await admin.ask('GET', '/api/v1/rules')).items
  assert.equal(rules.find((row) => row.risk === 'critical').rule.need.kind, 'approve')
})

test('a stand-in decides for whoever is away, and the request says so', async () => {
  await addPerson('a-second', ['approver'])
  await addPerson('a-standin', ['reviewer'])
  await as('a-second', async (page) => {
    await page.goto(`${appliance.url}/absences`)
    await button(page, 'Name a stand-in').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Stands in/).fill('a-standin')
    const until = dialog.getByLabel(/^Until/)
    await until.fill('2099-01-31 18:00')
    await dialogButton(page, 'Name a stand-in').click()
    await dialog.getByText('An absence lasts at most 90 days').waitFor()
    assert.equal(await until.evaluate((field) => field === document.activeElement), true, 'the field that is wrong has the focus')
    await until.fill(inDays(30))
    await dialogButton(page, 'Name a stand-in').click()
    await page.getByRole('row', { name: /a-standin/ }).getByText('Now').waitFor()
  })
  const run = await waits('wire', { account: 'AWAY' })
  await as('a-standin', async (page) => {
    await page.goto(`${appliance.url}/approvals/${run.hold.approval}`)
    await page.getByText('You decide for a-second, who is away.').waitFor()
    await approveIn(page)
    await page.getByText('for a-second, who was away').waitFor()
  })
})

test('a standing approval is asked for, agreed to, used and taken back', async () => {
  await as('a-operator', async (page) => {
    await page.goto(`${appliance.url}/standing-approvals`)
    await button(page, 'Ask for a standing approval').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Capability/).fill('wire')
    await dialog.getByLabel('Value of account').fill('RENT')
    await dialog.getByLabel('How amount is compared').click()
    await page.getByTitle('lies between').click()
    await dialog.getByLabel('Least amount').fill('1')
    await dialog.getByLabel('Most amount').fill('500')
    await dialog.getByLabel(/^Until/).fill(inDays(30))
    await dialog.getByLabel(/^Reason/).fill('The rent is due each month')
    await dialogButton(page, 'Ask for a standing approval').click()
    await page.getByText('Others are asked to agree first.').waitFor()
  })
  const asked = (await approver.ask('GET', '/api/v1/approvals?view=to_decide')).items.find((one) => one.matter === 'setting')
  await as('a-approver', async (page) => {
    await page.goto(`${appliance.url}/approvals/${asked.id}`)
    await page.getByText('The rent is due each month').first().waitFor()
    await button(page, 'Approve').click()
    await proven(page.getByRole('dialog'))
    await dialogButton(page, 'Approve').click()
    await page.getByText('Agreed: the setting is changed.').waitFor()
    await page.goto(`${appliance.url}/standing-approvals`)
    await page.getByRole('row', { name: /wire/ }).getByText('Holds').waitFor()
  })
  const covered = await operator.ask('POST', '/api/v1/runs?wait=60', { capability: 'wire', inputs: { account: 'RENT', amount: 400 }, reason: 'Rent' })
  assert.equal(covered.phase, 'succeeded')
  assert.equal((await waits('wire', { account: 'RENT', amount: 501 })).phase, 'awaiting_approval')
  await as('a-approver', async (page) => {
    await page.goto(`${appliance.url}/standing-approvals`)
    await button(page, 'Take the standing approval of wire back').click()
    await dialogButton(page, 'Take back').click()
    await page.getByRole('row', { name: /wire/ }).getByText('Taken back').first().waitFor()
  })
  assert.equal((await waits('wire', { account: 'RENT', amount: 400 })).phase, 'awaiting_approval')
})

test('a run that goes ahead without asking opens a review, which stands on Home until somebody else answers it', async () => {
  await addPerson('a-fireman', ['operator', 'approver'])
  let review
  await as('a-fireman', async (page, { settle }) => {
    await page.goto(`${appliance.url}/capabilities/wire/run`)
    await settle()
    await page.getByLabel(/^account/).fill('FIRE')
    await page.getByText('Start at once without asking (break-glass)').click()
    await page.getByLabel(/^Why it is run/).fill('The plant is on fire')
    await button(page, 'Start at once').click()
    await page.locator('[data-phase=succeeded]').waitFor({ timeout: 60_000 })
    await page.getByRole('link', { name: 'Open the review' }).click()
    await page.getByText('You cannot decide on this request').waitFor()
    review = /apr_[0-9a-z]+/.exec(page.url())[0]
  })
  await as('a-approver', async (page) => {
    await page.goto(appliance.url)
    await page.getByRole('link', { name: /1 break-glass run waits for a review/ }).click()
    await page.getByRole('link', { name: `Open request ${review}` }).click()
    await page.getByText('The plant is on fire').waitFor()
    await button(page, 'It was right').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Comment/).fill('The fire brigade says so.')
    await proven(dialog)
    await dialogButton(page, 'It was right').click()
    await page.getByText('The review is answered.').waitFor()
    await page.goto(appliance.url)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.getByRole('link', { name: /break-glass/ }).waitFor({ state: 'detached' })
  })
})

test('a reviewer remarks on a line, the author sees it there, and it is settled', async () => {
  const author = await callerOf(appliance, 'a-author')
  await author.register('wire.py', risky('critical', 'Wires money', '    print("a third time")\n'), false)
  const versions = (await author.ask('GET', '/api/v1/capabilities/wire/versions')).items
  const number = versions[0].number
  await as('a-reviewer', async (page, { settle }) => {
    await page.goto(`${appliance.url}/capabilities/wire/versions/${number}`)
    await settle()
    await button(page, 'Remark on a line').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Line/).fill('16')
    await dialog.getByRole('textbox', { name: /^Remark/ }).fill('Why a third time?')
    await dialogButton(page, 'Remark on a line').click()
    await page.getByText('Why a third time?').first().waitFor()
  })
  await as('a-author', async (page) => {
    await page.goto(`${appliance.url}/capabilities/wire/versions/${number}`)
    await page.getByText('Why a third time?').first().waitFor()
    await button(page, 'Mark the remark on line 16 as settled').click()
    await page.getByText('settled by').first().waitFor()
  })
})

test('holidays are imported from a file, a worked Saturday stays out, and the month shows both', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'e2e-'))
  const file = join(dir, 'holidays.ics')
  const event = (uid, summary, from, until) => `BEGIN:VEVENT\r\nUID:${uid}\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:${summary}\r\nDTSTART;VALUE=DATE:${from}\r\nDTEND;VALUE=DATE:${until}\r\nEND:VEVENT\r\n`
  writeFileSync(file, `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n${event('a', '元旦', '20270101', '20270104')}${event('b', '元旦上班', '20270109', '20270110')}END:VCALENDAR\r\n`)
  await as('a-tenant-admin', async (page, { settle }) => {
    await page.goto(`${appliance.url}/admin/calendars`)
    await button(page, 'Make a calendar').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Name/).fill('Public holidays')
    await button(page, 'Add a rule').click()
    await dialog.getByLabel('Days of the week').click()
    await page.getByTitle('Sat', { exact: true }).click()
    await dialog.getByLabel(/^Name/).click()
    await dialogButton(page, 'Save').click()
    await page.getByRole('link', { name: 'Open the calendar Public holidays' }).click()
    await button(page, 'Import .ics').click()
    await dialogButton(page, 'Import .ics').click()
    await page.getByText('Choose a file.').waitFor()
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByRole('dialog').getByLabel(/^Events whose name/).fill('上班')
    await dialogButton(page, 'Import .ics').click()
    await page.getByText('The file is imported.').waitFor()
    await page.goto(`${page.url()}?month=2027-01`)
    await settle()
    const day = (date) => page.locator(`td:has(time[datetime="${date}"])`)
    await day('2027-01-01').locator('.tag').first().waitFor()
    await day('2027-01-16').locator('.tag').first().waitFor()
    assert.equal(await day('2027-01-09').locator('.tag').count(), 0, 'a worked Saturday is not marked')
    assert.equal(await day('2027-01-05').locator('.tag').count(), 0)
  })
})

const patch = (user, body) =>
  fetch(`${appliance.url}/api/v1/users/${user.id}`, { method: 'PATCH', headers: { origin: appliance.url, cookie: admin.cookie, 'content-type': 'application/json', 'if-match': `"${user.version}"` }, body: JSON.stringify(body) }).then(async (answer) => {
    if (!answer.ok) throw new Error(`PATCH user: ${answer.status} ${await answer.text()}`)
  })

/** A moment so many days from now, as it is typed. */
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16).replace('T', ' ')

/** Back to the usual rule, to which somebody else agrees. */
async function relax(boss) {
  const { approval } = await boss.ask('DELETE', '/api/v1/rules/capability/wire')
  if (!approval) return
  const { binding } = await approver.ask('GET', `/api/v1/approvals/${approval}`)
  await approver.ask('POST', `/api/v1/approvals/${approval}/approve`, { binding, password: PASSWORD })
}

const withdraw = (run) => operator.ask('POST', `/api/v1/approvals/${run.hold.approval}/withdraw`, {})

async function addPerson(username, roles, person) {
  await admin.ask('POST', '/api/v1/users', { username, password: `first ${PASSWORD}`, display_name: username, roles })
  const made = new Caller(appliance.url)
  await made.signIn(username, `first ${PASSWORD}`)
  await made.ask('POST', '/api/v1/me/password', { current: `first ${PASSWORD}`, new: PASSWORD })
  if (person) await patch((await admin.ask('GET', `/api/v1/users?q=${username}`)).items[0], { person })
}
