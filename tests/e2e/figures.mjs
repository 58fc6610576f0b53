// Prints the figures that the console promises, each beside its bound; fails when one is missed. `node tests/e2e/figures.mjs`, best with
// the release binary on a machine that does nothing else. CPU is that of the page's main thread as the browser counts it.
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { REPORT } from './furnish.mjs'
import { closeBrowser, openWindow, setUp, startAppliance } from './harness.mjs'

const root = resolve(import.meta.dirname, '../..')
let missed = 0

function figure(name, value, bound, unit) {
  const fits = value <= bound
  if (!fits) missed += 1
  console.log(`${fits ? 'ok    ' : 'MISSED'} ${name}: ${Math.round(value * 10) / 10} ${unit} (at most ${bound})`)
}

const FORM = `"""A form with fifteen fields."""
from typing import Literal

def main(${Array.from({ length: 12 }, (_, i) => `field_${i + 1}: str = ""`).join(', ')}, count: int = 1, strict: bool = False, kind: Literal["a", "b"] = "a"):
    pass
`
const LINES = 'import sys\nfor n in range(100_000):\n    sys.stdout.write(f"\\x1b[32m{n:>8}\\x1b[0m reads a file and writes what it found there {n * 7919 % 100_003}\\n")\n'
// One write of many lines: the log takes them one by one, the script must not be what is measured.
const BIG = (bytes) => `# /// script
# [tool.execgov.limits]
# output_bytes = 4294967296
# wall_ms = 1800000
# ///
import sys
line = "the same sentence again and again, as long programs like to say it, number %09d\\n"
n = 0
written = 0
while written < ${bytes}:
    block = "".join(line % (n + i) for i in range(5000))
    sys.stdout.write(block)
    n += 5000
    written += len(block)
`

const appliance = await startAppliance()
try {
  const admin = await setUp(appliance)
  await admin.register('sales-report.py', REPORT)
  await admin.register('form.py', FORM)
  await admin.register('lines.py', LINES)
  for (let n = 1; n <= 60; n += 1) await admin.run('sales-report', { month: `2026-${String((n % 12) + 1).padStart(2, '0')}` })
  await firstLoad(admin)
  const window = await openWindow(appliance.url, { cookie: admin.cookie })
  const cdp = await window.context.newCDPSession(window.page)
  // Time of the processor, not of the clock: another program's share is not ours.
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  await window.page.goto(`${appliance.url}/`)
  await window.settle()
  await routes(window, cdp, admin)
  await keys(window, cdp)
  await logs(window, cdp, admin)
  await window.context.close()
  await tail(admin)
  await narrow(admin)
  sizes()
} finally {
  await closeBrowser()
  await appliance.close()
}
if (process.env.FIGURES_CARGO) builds()
process.exitCode = missed === 0 ? 0 : 1

async function metric(cdp, name) {
  const { metrics } = await cdp.send('Performance.getMetrics')
  return metrics.find((one) => one.name === name).value
}

/** Milliseconds of the main thread that something costs. */
async function cpu(cdp, act) {
  const before = await metric(cdp, 'TaskDuration')
  await act()
  return ((await metric(cdp, 'TaskDuration')) - before) * 1000
}

async function firstLoad(admin) {
  const window = await openWindow(appliance.url, { cookie: admin.cookie })
  const cdp = await window.context.newCDPSession(window.page)
  await cdp.send('Network.enable')
  let bytes = 0
  let requests = 0
  cdp.on('Network.requestWillBeSent', () => (requests += 1))
  cdp.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength))
  await window.page.goto(`${appliance.url}/runs`)
  await window.settle()
  figure('first load of the run list, over the wire', bytes / 1024, 380, 'KB')
  figure('first load of the run list, requests', requests, 10, 'requests')
  await window.context.close()
}

async function routes(window, cdp, admin) {
  const run = (await admin.ask('GET', '/api/v1/runs?limit=1')).items[0].id
  const all = ['/capabilities', '/capabilities/sales-report', '/capabilities/sales-report/run', '/capabilities/sales-report/source', '/capabilities/sales-report/versions', '/runs', `/runs/${run}`, `/runs/${run}/outputs`, `/runs/${run}/receipt`, '/audit', '/audit/1', '/admin/users', '/admin/roles', '/admin/health', '/account', '/help', '/help/errors', '/register', '/']
  const costs = []
  for (const path of all) costs.push([await cpu(cdp, () => window.follow(path)), path])
  costs.sort((a, b) => b[0] - a[0])
  for (const [ms, path] of costs.slice(0, 3)) console.log(`       ${path.replace(/run_\w+/, 'ID')}: ${Math.round(ms)} ms`)
  figure(`dearest change of page (${costs.length} pages, each for the first time), main thread`, costs[0][0], 250, 'ms')
}

async function keys(window, cdp) {
  await window.follow('/capabilities/form/run')
  const field = window.page.getByLabel(/^field.7/)
  await field.click()
  const text = 'a sentence of forty characters, typed now'
  const whole = await cpu(cdp, async () => {
    for (const key of text) await window.page.keyboard.type(key)
  })
  figure('a key press in a form with 15 fields, main thread', whole / text.length, 60, 'ms')
}

async function logs(window, cdp, admin) {
  const run = await admin.run('lines', {}, 300)
  await window.follow(`/runs/${run.id}`)
  const log = window.page.getByRole('region', { name: 'Log' })
  await log.waitFor()
  await window.page.getByText('100,000 lines').waitFor({ timeout: 60_000 })
  await window.page.keyboard.press('Control+f')
  await window.page.getByRole('textbox', { name: 'Find in the log' }).waitFor()
  const ms = await cpu(cdp, async () => {
    await window.page.keyboard.type('99')
    await window.page.getByText(/^[\d,]+ of [\d,]+\+?$/).waitFor({ timeout: 60_000 })
    await window.settle()
  })
  console.log(`       found: ${await window.page.getByText(/^[\d,]+ of [\d,]+\+?$/).innerText()}`)
  figure('find in a log of 100,000 lines, main thread', ms, 500, 'ms')
  for (const key of ['Home', 'PageDown', 'PageDown', 'End']) await log.press(key)
  figure('rows of the log in the document, with everything else', await metric(cdp, 'Nodes').then(() => window.page.evaluate(() => document.querySelectorAll('*').length)), 2000, 'elements')
  await cdp.send('HeapProfiler.collectGarbage')
  figure('heap with the log open', (await metric(cdp, 'JSHeapUsedSize')) / 1024 / 1024, 60, 'MB')
}

/** From the press to the last line on screen. The size can be lowered where there is no room or time: FIGURES_LOG_MB. */
async function tail(admin) {
  const megabytes = Number(process.env.FIGURES_LOG_MB ?? 2048)
  await admin.register('big.py', BIG(megabytes * 1024 * 1024))
  let run = await admin.run('big', {}, 60)
  while (!run.finished_at) run = await admin.ask('GET', `/api/v1/runs/${run.id}?wait=30`).then(async (now) => (now.finished_at ? now : (await new Promise((done) => setTimeout(done, 1000)), now)))
  const { total } = await admin.ask('GET', `/api/v1/runs/${run.id}/log?tail=1`)
  const window = await openWindow(appliance.url, { cookie: admin.cookie })
  await window.page.goto(`${appliance.url}/runs`)
  await window.settle()
  const started = Date.now()
  await window.follow(`/runs/${run.id}`)
  await window.page.getByRole('button', { name: `Line ${total}`, exact: true }).waitFor({ timeout: 60_000 })
  figure(`a log of ${megabytes} MB (${total} lines) opens at its last line`, Date.now() - started, 2000, 'ms')
  await window.context.close()
}

async function narrow(admin) {
  const window = await openWindow(appliance.url, { width: 390, cookie: admin.cookie })
  await window.page.goto(`${appliance.url}/runs`)
  await window.settle()
  figure('the run list at 390 pixels, beyond the window', await window.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, 'px')
  await window.context.close()
}

/** What the console adds to the binary is what is embedded, byte for byte. */
function sizes() {
  const walk = (dir) => readdirSync(dir).flatMap((name) => (statSync(join(dir, name)).isDirectory() ? walk(join(dir, name)) : [join(dir, name)]))
  const sum = (dir) => walk(join(root, dir)).reduce((total, path) => total + statSync(path).size, 0)
  figure('the binary grows by', (sum('assets/ui/dist') - sum('assets/ui/placeholder')) / 1e6, 3, 'MB')
}

/** With FIGURES_CARGO=1: a build in which nothing changed, which also bounds what the console adds to it. */
function builds() {
  const build = () => execFileSync('cargo', ['build', '--quiet'], { cwd: root, stdio: 'inherit' })
  build()
  const started = Date.now()
  build()
  figure('cargo build with an unchanged console', (Date.now() - started) / 1000, 1, 's')
}
