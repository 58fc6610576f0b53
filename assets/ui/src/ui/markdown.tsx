// Markdown as elements. Raw HTML is shown as text, links stay inside the console, pictures are named, never loaded.
import { type Token, type Tokens, lexer } from 'marked'
import { Fragment, type ReactNode, useMemo } from 'react'
import { Link } from 'wouter'

/** Turns an address of a page into one that the console can open; nothing for an address that it cannot. */
export type Resolve = (href: string) => string | undefined

const own: Resolve = (href) => (href.startsWith('/') && !href.startsWith('//') && !href.startsWith('/api/') ? href : undefined)

export default function Markdown({ text, resolve = own }: { text: string; resolve?: Resolve }) {
  const tokens = useMemo(() => lexer(text, { gfm: true }), [text])
  return <div className="prose">{tokens.map((token, i) => block(token, i, resolve))}</div>
}

function block(token: Token, key: number, resolve: Resolve): ReactNode {
  switch (token.type) {
    case 'space':
    case 'def':
      return null
    case 'hr':
      return <hr key={key} />
    case 'heading': {
      const { depth, tokens, text } = token as Tokens.Heading
      const Tag = `h${Math.min(6, depth)}` as 'h2'
      return (
        <Tag key={key} id={slug(text)}>
          {inline(tokens, resolve)}
        </Tag>
      )
    }
    case 'code':
      return (
        <pre key={key} className="code-block" tabIndex={0}>
          {(token as Tokens.Code).text}
        </pre>
      )
    case 'blockquote':
      return <blockquote key={key}>{((token as Tokens.Blockquote).tokens ?? []).map((inner, i) => block(inner, i, resolve))}</blockquote>
    case 'list': {
      const { ordered, items, start } = token as Tokens.List
      const rows = items.map((item, i) => <li key={i}>{item.tokens.map((inner, j) => block(inner, j, resolve))}</li>)
      return ordered ? (
        <ol key={key} start={start || undefined}>
          {rows}
        </ol>
      ) : (
        <ul key={key}>{rows}</ul>
      )
    }
    case 'table': {
      const { header, rows } = token as Tokens.Table
      return (
        <div key={key} className="table-wrap">
          <table>
            <thead>
              <tr>
                {header.map((cell, i) => (
                  <th key={i}>{inline(cell.tokens, resolve)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, j) => (
                    <td key={j}>{inline(cell.tokens, resolve)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )
    }
    case 'html':
      return <p key={key}>{(token as Tokens.HTML).text}</p>
    case 'text': {
      const { tokens, text } = token as Tokens.Text
      return <Fragment key={key}>{tokens ? inline(tokens, resolve) : decode(text)}</Fragment>
    }
    default:
      return <p key={key}>{inline((token as Tokens.Paragraph).tokens ?? [], resolve)}</p>
  }
}

function inline(tokens: Token[], resolve: Resolve): ReactNode[] {
  return tokens.map((token, i) => {
    switch (token.type) {
      case 'strong':
        return <strong key={i}>{inline((token as Tokens.Strong).tokens, resolve)}</strong>
      case 'em':
        return <em key={i}>{inline((token as Tokens.Em).tokens, resolve)}</em>
      case 'del':
        return <del key={i}>{inline((token as Tokens.Del).tokens, resolve)}</del>
      case 'codespan':
        return <code key={i}>{(token as Tokens.Codespan).text}</code>
      case 'br':
        return <br key={i} />
      case 'link': {
        const { href, tokens: inner } = token as Tokens.Link
        const to = resolve(href)
        if (to) {
          return (
            <Link key={i} href={to}>
              {inline(inner, resolve)}
            </Link>
          )
        }
        // An address elsewhere is printed: nothing here leads off the appliance.
        return (
          <span key={i}>
            {inline(inner, resolve)}
            {href.startsWith('http') && <code> {href}</code>}
          </span>
        )
      }
      case 'image':
        return <em key={i}>[{(token as Tokens.Image).text}]</em>
      case 'escape':
      case 'text':
        return <Fragment key={i}>{'tokens' in token && token.tokens ? inline(token.tokens, resolve) : decode((token as Tokens.Text).text)}</Fragment>
      default:
        return <Fragment key={i}>{token.raw}</Fragment>
    }
  })
}

/** The lexer leaves entities as they are. */
function decode(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}

export function slug(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '')
}
