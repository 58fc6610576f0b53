// Every page opens for every role in both themes and both languages: a heading, nothing loading for ever, no script error, no policy
// report, no request elsewhere, nothing wider than the window, and no accessibility violation. The administrator opens each page by
// its address, the others walk as a person does, without loading each anew; on each page theme and language change in place.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { keepCredentials, startService, startVault } from './credentials.mjs'
import { furnish } from './furnish.mjs'
import { callerOf, closeBrowser, openWindow, ROLES, startAppliance } from './harness.mjs'

let appliance
/** Nobody has set this one up yet. */
let empty
let pages
let asked
/** Something that capabilities call. */
let service
let vault
const cookies = {}

before(async () => {
  appliance = await startAppliance()
  empty = await startAppliance()
  const made = await furnish(appliance)
  const { run, failed, user, told } = made
  asked = made.asked
  service = await startService()
  vault = await startVault()
  const kept = await keepCredentials(made.admin, service, vault)
  cookies.admin = made.admin.cookie
  for (const role of ROLES) cookies[role] = (await callerOf(appliance, `a-${role}`)).cookie
  pages = [
    '/', '/capabilities', '/capabilities?view=tiles', '/capabilities?q=nothing-like-this', '/templates', '/templates/sales-report', '/community', '/community/sales-report', '/register',
    '/capabilities/sales-report', '/capabilities/sales-report/run', '/capabilities/sales-report/source', '/capabilities/sales-report/versions?from=1&to=2', '/capabilities/sales-report/versions/2', '/capabilities/sales-report/versions/1?against=2', '/capabilities/sales-report/versions/77', '/capabilities/stock-check/versions/1', '/capabilities/sales-report/runs', '/capabilities/sales-report/audit',
    '/runs', `/runs/${run}`, `/runs/${run}/timeline`, `/runs/${run}/inputs`, `/runs/${run}/outputs`, `/runs/${run}/receipt`, `/runs/${run}/audit`, `/runs/${failed}`, `/compare?left=${run}&right=${failed}`, '/compare',
    '/approvals', '/approvals?view=mine', '/approvals?view=all', '/approvals?view=all&state=voided', '/approvals?view=reviews', '/standing-approvals', '/absences', `/approvals/${asked.open.approval}`, `/approvals/${asked.approved.approval}`, `/approvals/${asked.rejected.approval}`, '/approvals/apr_00000000000000000000000000',
    `/runs/${asked.open.run}`, `/runs/${asked.approved.run}`, `/runs/${asked.rejected.run}`, `/runs/${asked.confirm}`, '/capabilities/payout/run', '/admin/rules', '/admin/freezes', '/admin/calendars', '/admin/calendars/Holidays', '/admin/calendars/Holidays?month=2027-01',
    '/audit', '/audit/1', '/audit?run=x&outcome=done', '/audit-keeping', '/admin/announcements', `/admin/announcements/${told}`, '/admin/users', `/admin/users/${user}`, '/admin/tenants', '/admin/users?tenant=acme', '/admin/groups', '/admin/groups/finance', '/admin/groups/nobody', '/admin/roles', '/admin/grants', '/admin/spaces', '/admin/service-accounts', '/admin/policies', '/admin/health',
    '/resources', '/resources?q=nothing-like-this', '/resources/erp', '/resources/erp/edit', '/resources/bao', '/resources/bao/edit', '/resources/nothing', '/add-resource', '/secrets', '/secrets?prefix=zzz', '/secrets?domain=platform', '/secrets/orders-key', '/secrets/pin', '/secrets/reports-password', '/secrets/erp-token?domain=platform', '/secrets/nothing', '/vault',
    '/register/request', '/register/request?resource=erp', '/register/openapi', '/capabilities/order-list', '/capabilities/order-list/run', '/capabilities/order-list/webhooks', '/capabilities/orders-today', '/capabilities/orders-today/webhooks', `/runs/${kept.called}/inputs`, `/runs/${kept.told}`, `/runs/${kept.told}/inputs`, `/runs/${kept.read}/inputs`,
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
  await vault?.close()
})

/** One differs from the next in one thing, and the last from the first. */
const LOOKS = [
  { theme: 'light', language: 'en' },
  { theme: 'dark', language: 'en' },
  { theme: 'dark', language: 'zh' },
  { theme: 'light', language: 'zh' },
]

describe('every page in every appearance', { concurrency: 3 }, () => {
  for (const [n, role] of ['admin', ...ROLES].entries()) {
    test(role, () =>
      walk({ cookie: cookies[role] }, async (window) => {
        const found = []
        if (role !== 'admin') await window.page.goto(appliance.url)
        // Each begins elsewhere: those who come later need not look again at what is the same for them.
        const begin = Math.floor((n * pages.length) / 7)
        for (const [i, path] of [...pages.slice(begin), ...pages.slice(0, begin)].entries()) {
          if (role === 'admin') await window.page.goto(appliance.url + path)
          // Back and forth, so that a change of page is no change of language as well.
          const [first, ...others] = i % 2 === 0 ? LOOKS : LOOKS.toReversed()
          found.push(...(await inspect(window, path, first, role === 'admin' ? {} : { path })))
          for (const look of others) found.push(...(await inspect(window, path, look)))
        }
        return found
      }))
  }

  test('nobody yet', () =>
    walk({}, async (window) => {
      await window.page.goto(`${appliance.url}/signin`)
      return inAll(window, '/signin')
    }))

  for (const [place, steps] of [['nobody set up', ['language', 'admin']], ['is set up', ['transport', 'host', 'sample']]]) {
    test(`set-up of an appliance that ${place}`, () => {
      const { url } = place === 'is set up' ? appliance : empty
      return walk(
        { cookie: place === 'is set up' ? cookies.admin : undefined },
        async (window) => {
          const found = []
          for (const step of steps) {
            await window.page.goto(`${url}/setup?step=${step}`)
            found.push(...(await inAll(window, `/setup?step=${step}`)))
          }
          return found
        },
        url,
      )
    })
  }

  for (const language of ['en', 'zh']) {
    for (const role of ['admin', 'approver']) {
      test(`dialogs of governance, ${role}, ${language}`, () =>
        walk({ cookie: cookies[role], language }, async (window) => {
          const { page } = window
          const found = []
          await page.goto(appliance.url)
          for (const [path, opener] of dialogs(role)) {
            await window.follow(path)
            await page.locator(opener).first().click()
            await page.getByRole('dialog').waitFor()
            // While it grows it has other colours and another size.
            await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== 'running'))
            for (const theme of ['light', 'dark']) found.push(...(await inspect(window, `${path} ${opener}`, { theme, language })))
            await page.keyboard.press('Escape')
            await page.getByRole('dialog').waitFor({ state: 'detached' })
          }
          return found
        }))
    }
  }

  for (const width of [390, 1920]) {
    test(`${width} wide`, () =>
      walk({ width, cookie: cookies.admin }, async (window) => {
        const found = []
        await window.page.goto(appliance.url)
        for (const [i, path] of pages.entries()) {
          const [first, second] = i % 2 === 0 ? [LOOKS[0], LOOKS[2]] : [LOOKS[2], LOOKS[0]]
          for (const look of [{ ...first, path }, second]) found.push(...(await window.view(look)).wrong.map((one) => `${path}: ${one}`))
        }
        return found
      }))
  }

  test('theme and language are chosen in the top bar, and hold in another tab at once', () =>
    walk({ cookie: cookies.viewer }, async (window) => {
      const other = await window.context.newPage()
      await other.goto(`${appliance.url}/runs`)
      await window.page.goto(appliance.url)
      for (const look of [...LOOKS, LOOKS[0]]) {
        await choose(window.page, look)
        for (const page of [window.page, other]) {
          await page.waitForFunction(([theme, lang]) => document.documentElement.dataset.theme === theme && document.documentElement.lang === lang, [look.theme, look.language === 'zh' ? 'zh-CN' : 'en'])
          await page.getByRole('link', { name: look.language === 'zh' ? '首页' : 'Home', exact: true }).first().waitFor()
        }
      }
      return []
    }))
})

function dialogs(role) {
  const request = `/approvals/${asked.open.approval}`
  if (role === 'approver') return [[request, 'header .ant-btn-primary'], [request, 'header .ant-btn-dangerous']]
  return [
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
  ]
}

/** Chooses theme and language as a person does, in the top bar. */
async function choose(page, { theme, language }) {
  const menus = page.locator('.topbar button[aria-haspopup=menu]')
  for (const [i, choices, wanted] of [[0, ['en', 'zh'], language], [1, ['system', 'light', 'dark'], theme]]) {
    await menus.nth(i).click()
    await page.locator('.ant-dropdown:not(.ant-dropdown-hidden) [role=menuitem]').nth(choices.indexOf(wanted)).click()
    await page.waitForFunction(([theme, lang]) => (theme ? document.documentElement.dataset.theme === theme : document.documentElement.lang === lang), i === 0 ? [undefined, language === 'zh' ? 'zh-CN' : 'en'] : [theme])
  }
}

/** Opens a window, walks, and sees to it that nothing was found. */
async function walk(options, body, url = appliance.url) {
  const window = await openWindow(url, options)
  try {
    assert.deepEqual([...(await body(window)), ...(await window.trouble())], [])
  } finally {
    await window.context.close()
  }
}

async function inAll(window, path) {
  const found = []
  for (const look of LOOKS) found.push(...(await inspect(window, path, look)))
  return found
}

/** By page and appearance, the kinds of elements that were found without fault. */
const fine = new Map()

/** Each page is searched by axe in each appearance, and again for every role that sees a kind of element that is new there. */
async function inspect(window, path, look, move = {}) {
  const { wrong, kinds } = await window.view({ ...look, ...move })
  const where = `${path}, ${look.theme} ${look.language}`
  const known = fine.get(where)
  if (!known || !kinds.every((kind) => known.has(kind))) {
    const violations = await window.axe()
    wrong.push(...violations)
    if (violations.length === 0) fine.set(where, new Set([...(known ?? []), ...kinds]))
  }
  wrong.push(...window.faults.splice(0))
  return wrong.map((one) => `${where}: ${one}`)
}
