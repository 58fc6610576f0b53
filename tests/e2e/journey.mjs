// What whole journeys have in common, whoever makes them.
import assert from 'node:assert/strict'
import { openWindow, signInAs } from './harness.mjs'

export const button = (page, name) => page.getByRole('button', { name, exact: true })

/** What the browser would have put into the downloads. */
export async function contentOf(download) {
  const pieces = []
  for await (const piece of await download.createReadStream()) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}

/** Runs a journey in a window of its own, signed in `as` somebody, and sees to it that the window did nothing it must not do. */
export async function journeyAt(url, body, options = {}) {
  const window = await openWindow(url, options)
  try {
    if (options.as) await signInAs(window, url, options.as)
    await body(window.page, window)
    assert.deepEqual(await window.trouble(), [])
  } catch (cause) {
    // Where it stood; the reporter prints the stack, not the message.
    const where = `\n  at ${window.page.url()}\n  ${(await window.page.locator('main').innerText().catch(() => '')).slice(0, 1500)}\n`
    cause.message += where
    cause.stack = `${where}${cause.stack}`
    throw cause
  } finally {
    await window.context.close()
  }
}
