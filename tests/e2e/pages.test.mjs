// Every page opens for every role in both themes and both languages: a heading, nothing loading for ever, no script error, no policy
// report, no request elsewhere. Accessibility is checked for each page in all four appearances, and once for each page and role.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addPeople, Caller, closeBrowser, openWindow, PASSWORD, REPORT, ROLES, setUp, signInAs, startAppliance } from './harness.mjs'

let appliance
let run
let failed
let pages

before(async () => {
  appliance = await startAppliance()
  const admin = await setUp(appliance)
  await addPeople(appliance, admin)
  await admin.register('sales-report.py', REPORT)
  await admin.register('sales-report.py', REPORT.replace('Adds up the sales of one month.', 'Adds up the sales of one month, by region.'))
  await admin.register('clean-up.sh', '#!/bin/sh\n# Cleans up old files\nfor n in 1 2 3; do echo "file $n"; done\nexit 3\n')
  run = (await admin.run('sales-report', { month: '2026-11' })).id
  failed = (await admin.run('clean-up', {})).id
  const user = (await admin.ask('GET', '/api/v1/users')).items[0].id
  pages = [
    '/', '/capabilities', '/capabilities?view=tiles', '/capabilities?q=nothing-like-this', '/register',
    '/capabilities/sales-report', '/capabilities/sales-report/run', '/capabilities/sales-report/source', '/capabilities/sales-report/versions?from=1&to=2', '/capabilities/sales-report/runs', '/capabilities/sales-report/audit',
    '/runs', `/runs/${run}`, `/runs/${run}/timeline`, `/runs/${run}/inputs`, `/runs/${run}/outputs`, `/runs/${run}/receipt`, `/runs/${run}/audit`, `/runs/${failed}`, `/compare?left=${run}&right=${failed}`, '/compare',
    '/audit', '/audit/1', '/admin/users', `/admin/users/${user}`, '/admin/roles', '/admin/health',
    '/account', '/account/password', '/account/tokens', '/account/sessions', '/account/keys', '/help', '/help/errors', '/help/tutorials/first-capability', '/no/such/page',
  ]
})

after(async () => {
  await closeBrowser()
  await appliance?.close()
})

const LOOKS = [['light', 'en'], ['dark', 'zh'], ['light', 'zh'], ['dark', 'en']]

for (const [theme, language] of LOOKS) {
  test(`an administrator, ${theme}, ${language}: every page, with accessibility`, async () => {
    const window = await openWindow(appliance.url, { theme, language })
    const found = []
    try {
      await window.page.goto(`${appliance.url}/signin`)
      await window.settle()
      found.push(...(await window.axe()).map((one) => `/signin ${one}`))
      await signInAs(window, appliance.url, 'admin')
      for (const page of pages) found.push(...(await visit(window, page, true)))
    } finally {
      await window.context.close()
    }
    assert.deepEqual(found, [])
  })
}

for (const [i, role] of ROLES.entries()) {
  test(`${role}: every page in every appearance`, async () => {
    const person = new Caller(appliance.url)
    await person.signIn(`a-${role}`, PASSWORD)
    const found = []
    for (const [j, [theme, language]] of LOOKS.entries()) {
      const window = await openWindow(appliance.url, { theme, language, cookie: person.cookie })
      try {
        for (const [k, page] of pages.entries()) found.push(...(await visit(window, page, (i + j + k) % LOOKS.length === 0)))
      } finally {
        await window.context.close()
      }
    }
    assert.deepEqual(found, [])
  })
}

async function visit(window, path, withAxe) {
  const { page } = window
  // For the one who waits: E2E_ONLY=text visits only addresses that hold the text.
  if (process.env.E2E_ONLY && !path.includes(process.env.E2E_ONLY)) return []
  window.faults.length = 0
  await page.goto(appliance.url + path)
  await window.settle()
  const found = await window.trouble()
  const headings = await page.locator('h1').count()
  if (headings !== 1) found.push(`${headings} headings`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (wide > 0) found.push(`${wide} px wider than the window`)
  if (/\b(undefined|NaN|\[object Object\])\b/.test(await page.locator('main').innerText())) found.push('a value without words')
  if (withAxe) found.push(...(await window.axe()))
  return found.map((one) => `${path}: ${one}`)
}
