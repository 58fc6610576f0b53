// A company in which nobody decides alone: an appliance, five people and an administrator, and what they do before a test begins.
import assert from 'node:assert/strict'
import { addPeople, Caller, callerOf, closeBrowser, openWindow, PASSWORD, proven, setUp, startAppliance } from './harness.mjs'

export let appliance
export let admin
export let operator
export let approver

export async function found() {
  appliance = await startAppliance()
  admin = await setUp(appliance, 'four_eyes')
  await addPeople(appliance, admin, ['author', 'reviewer', 'operator', 'approver', 'auditor', 'tenant-admin'])
  operator = await callerOf(appliance, 'a-operator')
  approver = await callerOf(appliance, 'a-approver')
}

export async function dissolve() {
  await closeBrowser()
  await appliance?.close()
}

export const button = (page, name) => page.getByRole('button', { name, exact: true })
export const dialogButton = (page, name) => page.getByRole('dialog').getByRole('button', { name, exact: true })

/** A window signed in as somebody, which must do nothing it must not do. */
export async function as(name, body) {
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
export async function publish(name, source) {
  const author = await callerOf(appliance, 'a-author')
  const made = await author.register(name, source, false)
  await agree(made.capability.name, made.version.number)
  return made.capability.name
}

export async function agree(name, number) {
  const author = await callerOf(appliance, 'a-author')
  const reviewer = await callerOf(appliance, 'a-reviewer')
  const path = `/api/v1/capabilities/${name}/versions/${number}`
  await author.ask('POST', `${path}/submit`, { changelog: 'What it does now' })
  await reviewer.ask('POST', `${path}/publish`, { password: PASSWORD })
}

/** A run that waits for approval. */
export const waits = (capability, inputs) => operator.ask('POST', '/api/v1/runs', { capability, inputs, reason: 'Invoice' })

export async function approveIn(page) {
  await button(page, 'Approve').click()
  await proven(page.getByRole('dialog'))
  await dialogButton(page, 'Approve').click()
}

export const patch = (user, body) =>
  fetch(`${appliance.url}/api/v1/users/${user.id}`, { method: 'PATCH', headers: { origin: appliance.url, cookie: admin.cookie, 'content-type': 'application/json', 'if-match': `"${user.version}"` }, body: JSON.stringify(body) }).then(async (answer) => {
    if (!answer.ok) throw new Error(`PATCH user: ${answer.status} ${await answer.text()}`)
  })

/** Back to the usual rule, to which somebody else agrees. */
export async function relax(boss) {
  const { approval } = await boss.ask('DELETE', '/api/v1/rules/capability/wire')
  if (!approval) return
  const { binding } = await approver.ask('GET', `/api/v1/approvals/${approval}`)
  await approver.ask('POST', `/api/v1/approvals/${approval}/approve`, { binding, password: PASSWORD })
}

export const withdraw = (run) => operator.ask('POST', `/api/v1/approvals/${run.hold.approval}/withdraw`, {})

export async function addPerson(username, roles, person) {
  await admin.ask('POST', '/api/v1/users', { username, password: `first ${PASSWORD}`, display_name: username, roles })
  const made = new Caller(appliance.url)
  await made.signIn(username, `first ${PASSWORD}`)
  await made.ask('POST', '/api/v1/me/password', { current: `first ${PASSWORD}`, new: PASSWORD })
  if (person) await patch((await admin.ask('GET', `/api/v1/users?q=${username}`)).items[0], { person })
}
