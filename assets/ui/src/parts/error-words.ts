// What the page of an error code says happened and what to do, for a language in which the appliance itself does not answer.

export interface ErrorWords {
  what: string
  remedy: string
}

/** The first paragraph of each of the two sections that every page has. */
export function wordsOf(page: string): ErrorWords {
  const [, what = '', remedy = ''] = page.split(/^## .*$/m)
  const first = (section: string) => section.trim().split(/\n\s*\n/)[0]?.replaceAll('\n', '') ?? ''
  return { what: first(what), remedy: first(remedy) }
}

/** Pieces of a sentence: those between backticks are code. */
export function pieces(sentence: string): { text: string; code: boolean }[] {
  return sentence.split('`').map((text, i) => ({ text, code: i % 2 === 1 })).filter((piece) => piece.text !== '')
}
