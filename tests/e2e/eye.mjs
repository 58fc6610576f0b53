// What is looked at in the browser. The functions run inside the page: they must not use anything from outside.

/**
 * Shows an address, a theme and a language (what is left out stays), as a link and a choice in another tab would, waits until the
 * page is at rest, and tells what is wrong with it and of which elements it is made.
 */
export async function view({ path, theme, language } = {}) {
  const KEY = 'execgov.prefs'
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
  if (path) history.pushState(null, '', path)
  if (theme) {
    localStorage.setItem(KEY, JSON.stringify({ ...JSON.parse(localStorage.getItem(KEY)), theme, language }))
    dispatchEvent(new StorageEvent('storage', { key: KEY }))
  }
  await frame()
  const root = document.documentElement
  const shown = () => !theme || (root.dataset.theme === theme && root.lang === (language === 'zh' ? 'zh-CN' : 'en'))
  const rests = () => shown() && document.querySelector('h1') && !document.querySelector('.skeleton') && window.__pending === 0
  const wrong = []
  // What a page asks for when it appears, it asks for a frame later.
  for (let [quiet, started] = [0, performance.now()]; quiet < 2; await frame()) {
    quiet = rests() ? quiet + 1 : 0
    if (performance.now() - started < 30_000) continue
    wrong.push(`never at rest: ${document.querySelectorAll('h1').length} headings, ${window.__pending} requests, ${document.querySelectorAll('.skeleton').length} skeletons`)
    break
  }

  wrong.push(...window.__reports.splice(0))
  const headings = document.querySelectorAll('h1').length
  if (headings !== 1) wrong.push(`${headings} headings`)
  const wide = root.scrollWidth - root.clientWidth
  if (wide > 0) wrong.push(`${wide} px wider than the window`)
  const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const text = node.data.trim()
    // A text key that no language file holds shows itself, and so does a gap that nothing fills; codes of the API are set as code.
    const key = /^[a-z_]+\.[a-z_.]+$/.test(text) && !node.parentElement.closest('code, pre, [lang], h1, a, .log, .cm-editor')
    if (key || /\b(undefined|NaN)\b|\[object Object\]|\{\{/.test(text)) wrong.push(`no words: ${text.slice(0, 60)}`)
  }

  // Each kind of element with the kinds that it lies in: what accessibility depends on, without words, numbers and repetition.
  const name = (text) => {
    let [a, b] = [0xdeadbeef, 0x41c6ce57]
    for (let i = 0; i < text.length; i += 1) {
      a = Math.imul(a ^ text.charCodeAt(i), 2654435761)
      b = Math.imul(b ^ text.charCodeAt(i), 1597334677)
    }
    return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`
  }
  const outline = [...document.querySelectorAll('h1, h2, h3, h4, main, nav, header, footer, [role=region]')].map((one) => one.tagName)
  const kinds = new Set([name(outline.filter((one, i) => one !== outline[i - 1]).join(' '))])
  const visit = (element, above) => {
    let kind = `${above} ${element.tagName}.${[...element.classList].sort().join('.')}`
    for (const { name, value } of element.attributes) {
      if (name.startsWith('aria-') || ['id', 'for', 'href', 'title', 'alt'].includes(name)) kind += ` ${name}=${/^(true|false|mixed|page|menu|dialog|polite|assertive)$/.test(value) ? value : value.trim() !== ''}`
      else if (['role', 'type', 'disabled', 'tabindex', 'lang', 'hidden', 'open', 'scope', 'autocomplete'].includes(name)) kind += ` ${name}=${value}`
    }
    if (element.labels) kind += ` labels=${element.labels.length}`
    if ([...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '')) kind += ' text'
    const short = name(kind)
    kinds.add(short)
    for (const child of element.children) visit(child, short)
  }
  visit(document.body, '')
  return { wrong, kinds: [...kinds] }
}

/** What axe finds; its source was put into the page before. */
export async function violations() {
  // Preloading serves one experimental rule that is not run, and reads every style sheet again.
  const found = await window.axe.run(document, { resultTypes: ['violations'], preload: false })
  const why = (node) => [...node.any, ...node.all, ...node.none][0]?.message ?? ''
  return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} (${why(node)})`).join(' | ')}`)
}
