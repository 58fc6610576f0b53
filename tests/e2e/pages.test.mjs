// Every page opens for every role in both themes and both languages: a heading, nothing loading for ever, no script error, no policy
// report, no request elsewhere, nothing wider than the window, and no accessibility violation. The pages are walked as a person walks
// them, without loading each anew; the administrator also opens each of them by its address.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { keepCredentials, startService } from './credentials.mjs'
import { addPeople, announce, Caller, closeBrowser, govern, openWindow, PASSWORD, REPORT, ROLES, setUp, startAppliance } from './harness.mjs'

let appliance
/** Nobody has set this one up yet. */
let empty
let pages
let asked
/** Something that capabilities call. */
let service
const cookies = {}

before(async () => {
  appliance = await startAppliance()
  empty = await startAppliance()
  const admin = await setUp(appliance)
  await addPeople(appliance, admin)
  await admin.register('sales-report.py', REPORT)
  await admin.register('sales-report.py', REPORT.replace('Adds up the sales of one month.', 'Adds up the sales of one month, by region.'))
  await admin.register('clean-up.sh', '#!/bin/sh\n# Cleans up old files\nfor n in 1 2 3; do echo "file $n"; done\nexit 3\n')
  await admin.register('stock-check.py', REPORT.replace('Sales report', 'Stock check'), false)
  await admin.ask('POST', '/api/v1/capabilities/stock-check/versions/1/submit', { changelog: 'Checks the stock of one month' })
  const run = (await admin.run('sales-report', { month: '2026-11' })).id
  const failed = (await admin.run('clean-up', {})).id
  const user = (await admin.ask('GET', '/api/v1/users')).items[0].id
  asked = await govern(appliance, admin)
  const told = (await announce(admin)).id
  service = await startService()
  const kept = await keepCredentials(admin, service)
  cookies.admin = admin.cookie
  for (const role of ROLES) {
    const person = new Caller(appliance.url)
    await person.signIn(`a-${role}`, PASSWORD)
    cookies[role] = person.cookie
  }
  pages = [
    '/', '/capabilities', '/capabilities?view=tiles', '/capabilities?q=nothing-like-this', '/templates', '/templates/sales-report', '/community', '/community/sales-report', '/register',
    '/capabilities/sales-report', '/capabilities/sales-report/run', '/capabilities/sales-report/source', '/capabilities/sales-report/versions?from=1&to=2', '/capabilities/sales-report/versions/2', '/capabilities/sales-report/versions/1?against=2', '/capabilities/sales-report/versions/77', '/capabilities/stock-check/versions/1', '/capabilities/sales-report/runs', '/capabilities/sales-report/audit',
    '/runs', `/runs/${run}`, `/runs/${run}/timeline`, `/runs/${run}/inputs`, `/runs/${run}/outputs`, `/runs/${run}/receipt`, `/runs/${run}/audit`, `/runs/${failed}`, `/compare?left=${run}&right=${failed}`, '/compare',
    '/approvals', '/approvals?view=mine', '/approvals?view=all', '/approvals?view=all&state=voided', '/approvals?view=reviews', '/standing-approvals', '/absences', `/approvals/${asked.open.approval}`, `/approvals/${asked.approved.approval}`, `/approvals/${asked.rejected.approval}`, '/approvals/apr_00000000000000000000000000',
    `/runs/${asked.open.run}`, `/runs/${asked.approved.run}`, `/runs/${asked.rejected.run}`, `/runs/${asked.confirm}`, '/capabilities/payout/run', '/admin/rules', '/admin/freezes', '/admin/calendars', '/admin/calendars/Holidays', '/admin/calendars/Holidays?month=2027-01',
    '/audit', '/audit/1', '/audit?run=x&outcome=done', '/audit-keeping', '/admin/announcements', `/admin/announcements/${told}`, '/admin/users', `/admin/users/${user}`, '/admin/groups', '/admin/groups/finance', '/admin/groups/nobody', '/admin/roles', '/admin/health',
    '/resources', '/resources?q=nothing-like-this', '/resources/erp', '/resources/erp/edit', '/resources/nothing', '/add-resource', '/secrets', '/secrets?prefix=zzz', '/secrets?domain=platform', '/secrets/orders-key', '/secrets/pin', '/secrets/erp-token?domain=platform', '/secrets/nothing', '/vault',
    '/register/request', '/register/request?resource=erp', '/register/openapi', '/capabilities/order-list', '/capabilities/order-list/run', '/capabilities/order-list/webhooks', '/capabilities/orders-today', '/capabilities/orders-today/webhooks', `/runs/${kept.called}/inputs`, `/runs/${kept.told}`, `/runs/${kept.told}/inputs`,
    '/account', '/account/password', '/account/tokens', '/account/sessions', '/account/keys',
    '/help', '/help/errors', '/help/errors/EG-RUN-003', '/help/about', '/help/keys', '/help/tutorials/first-capability', '/no/such/page',
  ]
  // For the one who waits: E2E_ONLY=one,other visits only addresses that hold one of the texts.
  if (process.env.E2E_ONLY) pages = pages.filter((path) => process.env.E2E_ONLY.split(',').some((part) => path.includes(part)))
})

after(async () => {
  await closeBrowser()
  await appliance?.close()
  await empty?.close()
  await service?.close()
})

const LOOKS = [['light', 'en'], ['dark', 'zh'], ['light', 'zh'], ['dark', 'en']]

describe('every page in every appearance', { concurrency: 3 }, () => {
  for (const role of ['admin', ...ROLES]) {
    test(role, () =>
      walk({ cookie: cookies[role] }, async (window) => {
        const found = []
        await window.page.goto(appliance.url)
        await window.settle()
        for (const [theme, language] of LOOKS) {
          await appear(window.page, theme, language)
          for (const [i, path] of pages.entries()) {
            await window.follow(path)
            found.push(...(await look(window, path, `${theme} ${language}`, i === 0)))
          }
        }
        return found
      }))
  }

  test('by its address', () =>
    walk({ cookie: cookies.admin }, async (window) => {
      const found = []
      for (const path of pages) {
        await window.page.goto(appliance.url + path)
        await window.settle()
        found.push(...(await window.trouble()).map((one) => `${path}: ${one}`))
      }
      return found
    }))

  for (const [theme, language] of LOOKS) {
    test(`nobody yet, ${theme}, ${language}`, () =>
      walk({ theme, language }, async (window) => {
        await window.page.goto(`${appliance.url}/signin`)
        await window.settle()
        return look(window, '/signin', `${theme} ${language}`, true)
      }))
  }

  for (const [theme, language] of LOOKS) {
    test(`set-up, ${theme}, ${language}`, async () => {
      const open = (url, steps, cookie) =>
        walk(
          { theme, language, cookie },
          async (window) => {
            const found = []
            for (const step of steps) {
              await window.page.goto(`${url}/setup?step=${step}`)
              await window.settle()
              found.push(...(await look(window, `/setup?step=${step}`, `${theme} ${language}`, true)))
            }
            return found
          },
          url,
        )
      await open(empty.url, ['language', 'admin'])
      await open(appliance.url, ['transport', 'host', 'sample'], cookies.admin)
    })
  }

  for (const [theme, language] of LOOKS) {
    test(`dialogs of governance, ${theme}, ${language}`, async () => {
      const open = (role, all) =>
        walk({ theme, language, cookie: cookies[role] }, async (window) => {
          const { page } = window
          const found = []
          for (const [path, opener] of all) {
            await page.goto(appliance.url + path)
            await window.settle()
            await page.locator(opener).first().click()
            await page.getByRole('dialog').waitFor()
            // While it grows it has other colours and another size.
            await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== 'running'))
            found.push(...[...(await window.trouble()), ...(await window.axe())].map((one) => `${path} ${opener}: ${one}`))
          }
          return found
        })
      const request = `/approvals/${asked.open.approval}`
      await open('approver', [[request, 'header .ant-btn-primary'], [request, 'header .ant-btn-dangerous']])
      await open('admin', [
        ['/admin/rules', 'header .ant-btn-primary'],
        ['/admin/rules', 'tbody button'],
        ['/admin/freezes', 'header .ant-btn-primary'],
        ['/admin/freezes', 'tbody button'],
        ['/admin/calendars', 'header .ant-btn-primary'],
        ['/admin/calendars/Holidays', 'header .ant-btn-primary'],
        ['/standing-approvals', 'header .ant-btn-primary'],
        ['/absences', 'header .ant-btn-primary'],
        ['/admin/announcements', 'header .ant-btn-primary'],
        ['/audit-keeping', '.card .ant-btn-primary'],
        ['/templates', 'header .ant-btn-primary'],
        ['/templates/sales-report', 'header .ant-btn-primary'],
        ['/community', 'header .ant-btn-primary'],
        ['/admin/groups', 'header .ant-btn-primary'],
        ['/admin/groups/finance', 'header .ant-btn-primary'],
        ['/secrets', 'header .ant-btn-primary'],
        ['/secrets/orders-key', 'header .ant-btn-primary'],
        ['/secrets/orders-key', 'header .ant-btn-dangerous'],
        ['/secrets/orders-key', '.card-head button'],
        ['/secrets/erp-token?domain=platform', '.card-head button'],
        ['/vault', 'header .actions button:nth-child(2)'],
        ['/vault', '.card-head button'],
        ['/vault', 'tbody button:not(.icon-button)'],
        ['/resources/erp', '.card-head button'],
        ['/capabilities/order-list/webhooks', 'main .ant-btn-primary:has(.anticon)'],
        ['/capabilities/order-list/webhooks', '.card-head button'],
      ])
    })
  }

  for (const width of [390, 1920]) {
    test(`${width} wide`, () =>
      walk({ width, cookie: cookies.admin }, async (window) => {
        const found = []
        await window.page.goto(appliance.url)
        await window.settle()
        for (const [theme, language] of LOOKS.slice(0, 2)) {
          await appear(window.page, theme, language)
          for (const path of pages) {
            await window.follow(path)
            found.push(...(await plainTrouble(window, path)))
          }
        }
        return found
      }))
  }
})

/** Chooses theme and language as a person does, in the top bar. */
async function appear(page, theme, language) {
  const menus = page.locator('.topbar button[aria-haspopup=menu]')
  for (const [i, which] of [[0, language], [1, theme]]) {
    await menus.nth(i).click()
    const choice = page.locator('.ant-dropdown:not(.ant-dropdown-hidden) [role=menuitem]').nth(['en', 'zh'].includes(which) ? ['en', 'zh'].indexOf(which) : ['system', 'light', 'dark'].indexOf(which))
    await choice.click()
    await page.waitForFunction(([theme, lang]) => (theme ? document.documentElement.dataset.theme === theme : document.documentElement.lang === lang), i === 0 ? [undefined, language === 'zh' ? 'zh-CN' : 'en'] : [theme])
  }
  await page.waitForFunction((language) => document.querySelector('.topbar button[aria-haspopup=menu]').innerText.trim() === (language === 'zh' ? '中文' : 'EN') || innerWidth < 900, language)
}

/** Opens a window, walks, and sees to it that nothing was found. */
async function walk(options, body, url = appliance.url) {
  const window = await openWindow(url, options)
  try {
    assert.deepEqual(await body(window), [])
  } finally {
    await window.context.close()
  }
}

/** The insides of pages that were found without fault, by appearance: many roles see the same, and the same needs no second look. */
const fine = new Set()

async function look(window, path, appearance, first) {
  const found = await plainTrouble(window, path)
  // Numbers make no difference to accessibility; ids and times are numbers.
  const inside = await window.page.evaluate(() => document.querySelector('main').outerHTML.replace(/_r_\w+?_|\d+/g, '0').replace(/(run|apr)_[0-9a-z]+/g, '$1'))
  const key = `${appearance} ${inside}`
  if (fine.has(key) && !first) return found
  const violations = await window.axe()
  if (violations.length === 0) fine.add(key)
  return [...found, ...violations.map((one) => `${path}: ${one}`)]
}

async function plainTrouble({ page, faults, trouble }, path) {
  const found = await trouble()
  faults.length = 0
  const { headings, wide, wordless } = await page.evaluate(() => {
    const wordless = []
    const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const text = node.data.trim()
      // A text key that no language file holds shows itself; codes of the API are set as code.
      if (/\b(undefined|NaN)\b|\[object Object\]/.test(text) || (/^[a-z_]+\.[a-z_.]+$/.test(text) && !node.parentElement.closest('code, pre, [lang], h1, a, .log, .cm-editor'))) wordless.push(text.slice(0, 60))
    }
    return { headings: document.querySelectorAll('h1').length, wide: document.documentElement.scrollWidth - document.documentElement.clientWidth, wordless }
  })
  if (headings !== 1) found.push(`${headings} headings`)
  if (wide > 0) found.push(`${wide} px wider than the window`)
  found.push(...wordless.map((text) => `no words: ${text}`))
  return found.map((one) => `${path}: ${one}`)
}
