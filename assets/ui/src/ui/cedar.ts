// Colours for Cedar policies: just enough to read by. What is right is said by the appliance.
import { StreamLanguage } from '@codemirror/language'

const WORDS = new Set(['permit', 'forbid', 'when', 'unless', 'if', 'then', 'else', 'in', 'like', 'has', 'is'])
const PLACES = new Set(['principal', 'action', 'resource', 'context'])

export const cedar = StreamLanguage.define({
  name: 'cedar',
  token(stream) {
    if (stream.eatSpace()) return null
    if (stream.match('//')) {
      stream.skipToEnd()
      return 'comment'
    }
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string'
    if (stream.match(/^-?\d+/)) return 'number'
    if (stream.match(/^@[A-Za-z_]\w*/)) return 'meta'
    const word = stream.match(/^[A-Za-z_]\w*/)
    if (word && typeof word !== 'boolean') {
      if (WORDS.has(word[0])) return 'keyword'
      if (PLACES.has(word[0])) return 'variableName.function'
      return word[0] === 'true' || word[0] === 'false' ? 'bool' : null
    }
    stream.next()
    return null
  },
  languageData: { commentTokens: { line: '//' } },
})
