// Takes pictures of the main pages into tests/e2e/shots (ignored by git), to be looked at: `node tests/e2e/shots.mjs [parts of names, with commas]`.
// Both themes, both languages, 1280, 1920 and 390 pixels wide. Nothing here is a test.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { keepCredentials, startService, startVault } from './credentials.mjs'
import { furnish, SLOW } from './furnish.mjs'
import { callerOf, closeBrowser, openWindow, startAppliance } from './harness.mjs'

const folder = join(import.meta.dirname, 'shots')
const LOOKS = [['light', 'en', 1280], ['dark', 'zh', 1280], ['light', 'zh', 1920], ['dark', 'en', 390]]
const only = process.argv[2]

const appliance = await startAppliance()
/** Something that capabilities call. */
const service = await startService()
const vault = await startVault()
try {
  mkdirSync(folder, { recursive: true })
  for (const [theme, language, width] of LOOKS) {
    const window = await openWindow(appliance.url, { theme, language, width })
    for (const step of ['language', 'admin']) {
      await window.page.goto(`${appliance.url}/setup?step=${step}`)
      await window.settle()
      await window.page.screenshot({ path: join(folder, `setup-${step}-${theme}-${language}-${width}.png`), fullPage: true })
    }
    await window.context.close()
  }
  const { admin, run, failed, user, asked, told } = await furnish(appliance)
  const kept = await keepCredentials(admin, service, vault)
  await admin.register('slow.py', SLOW)
  const approver = await callerOf(appliance, 'a-approver')
  const runs = []
  for (let n = 1; n <= 12; n += 1) runs.push(await admin.run('sales-report', { month: `2026-${String(n).padStart(2, '0')}`, top: (n % 5) + 1 }))
  const live = await admin.run('slow', {}, 0)
  const pages = {
    home: '/', capabilities: '/capabilities', tiles: '/capabilities?view=tiles', register: '/register', capability: '/capabilities/sales-report', form: '/capabilities/sales-report/run',
    source: '/capabilities/sales-report/source', versions: '/capabilities/sales-report/versions?from=1&to=2', 'version': '/capabilities/sales-report/versions/2?against=1', 'version-review': '/capabilities/stock-check/versions/1', 'capability-runs': '/capabilities/sales-report/runs', runs: '/runs',
    run: `/runs/${run}`, failed: `/runs/${failed}`, live: `/runs/${live.id}`, timeline: `/runs/${run}/timeline`, inputs: `/runs/${run}/inputs`, outputs: `/runs/${run}/outputs`, receipt: `/runs/${run}/receipt`,
    'run-audit': `/runs/${run}/audit`, again: `/capabilities/sales-report/run?from=${run}`, compare: `/compare?left=${runs[0].id}&right=${run}`, audit: '/audit', entry: '/audit/3', keeping: '/audit-keeping', templates: '/templates', template: '/templates/sales-report', community: '/community', shared: '/community/sales-report', announcements: '/admin/announcements', announcement: `/admin/announcements/${told}`, users: '/admin/users', user: `/admin/users/${user}`,
    roles: '/admin/roles', groups: '/admin/groups', group: '/admin/groups/finance', grants: '/admin/grants', spaces: '/admin/spaces', tenants: '/admin/tenants', services: '/admin/service-accounts', policies: '/admin/policies', health: '/admin/health', account: '/account', tokens: '/account/tokens', sessions: '/account/sessions', help: '/help', page: '/help/tutorials/first-capability', errors: '/help/errors', about: '/help/about', missing: '/no/such/page',
  }
  const credentials = {
    resources: '/resources', resource: '/resources/erp', 'resource-edit': '/resources/erp/edit', 'resource-add': '/add-resource', bao: '/resources/bao', 'bao-edit': '/resources/bao/edit', 'bao-secret': '/secrets/reports-password', 'bao-run': `/runs/${kept.read}/inputs`, secrets: '/secrets', secret: '/secrets/orders-key', 'secret-platform': '/secrets/erp-token?domain=platform', vault: '/vault',
    'register-request': '/register/request?resource=erp', 'register-openapi': '/register/openapi', 'http-capability': '/capabilities/order-list', 'http-form': '/capabilities/order-list/run', 'http-run': `/runs/${kept.called}`, 'http-inputs': `/runs/${kept.called}/inputs`, 'webhooks': '/capabilities/orders-today/webhooks', 'secret-run': `/runs/${kept.told}`,
  }
  // As the one who decides sees them.
  const desk = { approvals: '/approvals', 'approvals-all': '/approvals?view=all', request: `/approvals/${asked.open.approval}`, approved: `/approvals/${asked.approved.approval}`, rejected: `/approvals/${asked.rejected.approval}` }
  const held = { calendars: '/admin/calendars', calendar: '/admin/calendars/Holidays', standing: '/standing-approvals', absences: '/absences', reviews: '/approvals?view=reviews', 'held-approval': `/runs/${asked.open.run}`, 'held-approved': `/runs/${asked.approved.run}`, 'held-confirm': `/runs/${asked.confirm}`, 'form-frozen': '/capabilities/payout/run', rules: '/admin/rules', freezes: '/admin/freezes' }
  for (const [theme, language, width] of LOOKS) {
    const name = (page) => join(folder, `${page}-${theme}-${language}-${width}.png`)
    const out = await openWindow(appliance.url, { theme, language, width })
    await out.page.goto(`${appliance.url}/signin`)
    await out.settle()
    await out.page.screenshot({ path: name('signin') })
    await out.context.close()
    const window = await openWindow(appliance.url, { theme, language, width, cookie: admin.cookie })
    await window.page.goto(appliance.url)
    await window.settle()
    await shoot(window, { ...pages, ...credentials, ...held }, name)
    for (const step of ['transport', 'host', 'sample']) {
      await window.page.goto(`${appliance.url}/setup?step=${step}`)
      await window.settle()
      await window.page.screenshot({ path: name(`setup-${step}`), fullPage: true })
    }
    await window.context.close()
    const other = await openWindow(appliance.url, { theme, language, width, cookie: approver.cookie })
    await other.page.goto(appliance.url)
    await other.settle()
    await shoot(other, desk, name)
    await other.context.close()
  }
  // It may be over by now.
  await admin.ask('POST', `/api/v1/runs/${live.id}/cancel`, {}).catch(() => {})
} finally {
  await closeBrowser()
  await appliance.close()
  await service.close()
  await vault.close()
}

async function shoot(window, pages, name) {
  for (const [page, path] of Object.entries(pages)) {
    if (only && !only.split(',').some((one) => page.includes(one))) continue
    await window.follow(path)
    await window.page.screenshot({ path: name(page), fullPage: true })
  }
}
