// Search in the help pages: every word must occur; titles count more than text.
export interface HelpPage {
  id: string
  title: string
  text: string
}

export interface Hit {
  id: string
  title: string
  excerpt: string
}

export function find(asked: string, pages: HelpPage[], errors: Record<string, { title: string; text: string }>, most = 30): Hit[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  const all = [...pages, ...Object.entries(errors).map(([code, page]) => ({ id: `errors/${code}`, title: `${code}: ${page.title}`, text: page.text }))]
  const scored: { hit: Hit; score: number }[] = []
  for (const page of all) {
    const title = page.title.toLowerCase()
    const text = page.text.toLowerCase()
    if (!words.every((word) => title.includes(word) || text.includes(word))) continue
    const score = words.reduce((sum, word) => sum + (title.includes(word) ? 10 : 0) + Math.min(5, text.split(word).length - 1), 0)
    const at = Math.max(0, text.indexOf(words[0] as string))
    const excerpt = page.text.slice(Math.max(0, at - 60), at + 140).replace(/[#`*|>\s]+/g, ' ').trim()
    scored.push({ hit: { id: page.id, title: page.title, excerpt }, score })
  }
  return scored.sort((a, b) => b.score - a.score).slice(0, most).map((one) => one.hit)
}
