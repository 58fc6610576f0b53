// Starts the real binary on a free port with an empty data directory, fills it through the API, and opens it in Chromium.
// Nothing here is part of the product.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { view, violations } from './eye.mjs'

const root = resolve(import.meta.dirname, '../..')
const require = createRequire(join(root, 'assets/ui/package.json'))
const { chromium } = require('playwright-core')
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

export const PASSWORD = 'a long and quiet password'
export const ROLES = ['viewer', 'operator', 'author', 'approver', 'auditor', 'tenant-admin']

function binary() {
  const named = process.env.EXECGOV_BIN
  const found = (named ? [named] : [join(root, 'target/debug/execgov'), join(root, 'target/release/execgov')]).filter(existsSync)
  if (found.length === 0) throw new Error('no binary to test: cargo build, or set EXECGOV_BIN')
  return found.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0]
}

/** An appliance of its own: `{ url, data, setupToken, start(), stop(), close() }`; on a copy of another's data directory if one is given, with `settings` other than the usual ones by their variables. */
export async function startAppliance({ copyOf, change, settings = {} } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'execgov-e2e-'))
  const data = join(dir, 'data')
  if (copyOf) cpSync(copyOf, data, { recursive: true })
  change?.(data)
  const appliance = { data, url: '', process: undefined }
  appliance.start = async (listen = '127.0.0.1:0') => {
    const child = spawn(binary(), ['serve', '--data-dir', data, '--listen', listen], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...settings } })
    appliance.process = child
    let said = ''
    appliance.url = await new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`the server did not start:\n${said}`)), 60_000)
      const hear = (chunk) => {
        said += chunk
        const match = /ready at (http:\/\/\S+)/.exec(said)
        if (match) {
          clearTimeout(timer)
          done(match[1])
        }
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      child.on('exit', (code) => fail(new Error(`the server ended with ${code}:\n${said}`)))
    })
  }
  appliance.stop = async () => {
    const child = appliance.process
    if (child.exitCode !== null || child.signalCode !== null) return
    const over = new Promise((done) => child.on('exit', done))
    child.kill('SIGTERM')
    const hard = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await over
    clearTimeout(hard)
  }
  appliance.close = async () => {
    await appliance.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  await appliance.start()
  if (!copyOf) appliance.setupToken = readFileSync(join(data, 'setup-token'), 'utf8').trim()
  return appliance
}

/** A caller of the API with a session of its own. */
export class Caller {
  constructor(url) {
    this.url = url
    this.cookie = ''
  }

  async ask(method, path, body) {
    const form = body instanceof FormData
    const response = await fetch(this.url + path, {
      method,
      headers: { origin: this.url, ...(this.cookie ? { cookie: this.cookie } : {}), ...(body && !form ? { 'content-type': 'application/json' } : {}) },
      body: form ? body : body ? JSON.stringify(body) : undefined,
    })
    const set = response.headers.get('set-cookie')
    if (set) this.cookie = set.split(';')[0]
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }

  signIn(username, password) {
    return this.ask('POST', '/api/v1/session', { username, password })
  }

  async register(name, source, publish = true) {
    const form = new FormData()
    form.append('file', new File([source], name))
    const made = await this.ask('POST', '/api/v1/capabilities', form)
    if (publish) await this.ask('POST', `/api/v1/capabilities/${made.capability.name}/versions/${made.version.number}/publish`, {})
    return made
  }

  async run(capability, inputs, wait = 60) {
    return this.ask('POST', `/api/v1/runs?wait=${wait}`, { capability, inputs })
  }
}

export async function setUp(appliance, mode = 'solo') {
  const admin = new Caller(appliance.url)
  await admin.ask('POST', '/api/v1/setup', { token: appliance.setupToken, username: 'admin', password: PASSWORD, mode, display_name: 'Ada Lin', language: 'en', time_zone: 'Asia/Shanghai' })
  await admin.signIn('admin', PASSWORD)
  return admin
}

/** One person for each role, with the first password replaced. */
export async function addPeople(appliance, admin, roles = ROLES) {
  for (const role of roles) {
    await admin.ask('POST', '/api/v1/users', { username: `a-${role}`, password: `first ${PASSWORD}`, display_name: `A ${role}`, roles: [role] })
    const person = new Caller(appliance.url)
    await person.signIn(`a-${role}`, `first ${PASSWORD}`)
    await person.ask('POST', '/api/v1/me/password', { current: `first ${PASSWORD}`, new: PASSWORD })
  }
}

/** Signed in as one of those whom `addPeople` made. */
export async function callerOf(appliance, name) {
  const person = new Caller(appliance.url)
  await person.signIn(name, PASSWORD)
  return person
}

let shared

/** One browser for a test file. */
export async function browser() {
  shared ??= launch()
  return (await shared).browser
}

async function launch() {
  const server = await chromium.launchServer({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
  return { server, browser: await chromium.connect(server.wsEndpoint()) }
}

/** Nothing in it is worth a farewell: a browser that takes its time to close must not hold up the tests. */
export async function closeBrowser() {
  const launched = await shared
  shared = undefined
  await launched?.server.kill()
}

/** A window that remembers everything it must not do: policy reports, requests elsewhere, script errors. */
export async function openWindow(url, { theme = 'light', language = 'en', width = 1280, cookie } = {}) {
  const context = await (await browser()).newContext({ viewport: { width, height: 900 }, acceptDownloads: true })
  await context.addInitScript(
    ([theme, language]) => {
      if (!localStorage.getItem('execgov.prefs')) localStorage.setItem('execgov.prefs', JSON.stringify({ theme, language, zone: 'Asia/Shanghai', density: 'compact' }))
      window.__reports = []
      // What is still on its way, so that nobody has to guess how long a page takes.
      window.__pending = 0
      const real = window.fetch
      window.fetch = (...given) => {
        window.__pending += 1
        return real(...given).finally(() => setTimeout(() => (window.__pending -= 1)))
      }
      document.addEventListener('securitypolicyviolation', (event) => window.__reports.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))
    },
    [theme, language],
  )
  if (cookie) {
    const [name, ...value] = cookie.split('=')
    await context.addCookies([{ name, value: value.join('='), url: url.replace('http:', 'https:'), httpOnly: true, sameSite: 'Strict', secure: name.startsWith('__Host-') }])
  }
  if (process.env.E2E_DIST) await serveFrom(context, url, process.env.E2E_DIST)
  const page = await context.newPage()
  const faults = []
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`))
  page.on('request', (request) => {
    const to = request.url()
    if (!to.startsWith(url) && !/^(data|blob|about):/.test(to)) faults.push(`request elsewhere: ${to}`)
  })
  const watched = { context, page, faults }
  watched.settle = async () => {
    const settled = () => document.querySelector('h1') && !document.querySelector('.skeleton') && window.__pending === 0
    await page.waitForFunction(settled, undefined, { timeout: 30_000 }).catch(async () => faults.push(`never at rest: ${await page.evaluate(() => `${document.querySelectorAll('h1').length} headings, ${window.__pending} requests, ${document.querySelectorAll('.skeleton').length} skeletons`)}`))
  }
  /** Goes to another address of the console as a link does: without loading the page anew. */
  watched.follow = async (path) => {
    await page.evaluate((path) => {
      history.pushState(null, '', path)
      return new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
    }, path)
    await watched.settle()
  }
  watched.trouble = async () => [...faults, ...(await page.evaluate(() => (window.__reports ?? []).splice(0)))]
  watched.view = (wanted) => page.evaluate(view, wanted)
  watched.axe = async () => {
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource)
    return page.evaluate(violations)
  }
  return watched
}

/** For work on the console: E2E_DIST=DIR shows a console that is built but not embedded yet, in front of the same binary. */
async function serveFrom(context, url, dist) {
  const kinds = { js: 'text/javascript', css: 'text/css' }
  await context.route(`${url}/**`, async (route) => {
    const { pathname } = new URL(route.request().url())
    if (/^\/(api|healthz|readyz|metrics)(\/|$)/.test(pathname)) return route.fallback()
    if (pathname.startsWith('/assets/')) {
      const file = join(dist, pathname)
      return route.fulfill({ body: existsSync(file) ? readFileSync(file) : gunzipSync(readFileSync(`${file}.gz`)), contentType: kinds[pathname.split('.').at(-1)] })
    }
    const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-n'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    return route.fulfill({ body: readFileSync(join(dist, 'index.html'), 'utf8').replaceAll('__EXECGOV_NONCE__', 'n'), contentType: 'text/html', headers: { 'content-security-policy': policy } })
  })
}

export async function signInAs(window, url, name, password = PASSWORD) {
  const { page } = window
  await page.goto(`${url}/signin`)
  await page.locator('input[autocomplete=username]').fill(name)
  await page.locator('input[autocomplete=current-password]').fill(password)
  await page.locator('button[type=submit]').click()
  await page.waitForURL((to) => !to.pathname.startsWith('/signin'), { timeout: 30_000 })
  await window.settle()
}

/** Sees to it that a session opened with the password a moment ago is not asked for it again. */
export async function proven(dialog) {
  await dialog.getByText('You gave your password a moment ago').waitFor()
  assert.equal(await dialog.getByLabel(/^Your password/).count(), 0, 'no password is asked for')
}
