// Source text: reading, editing and two versions side by side. The editor brings its own styles under the page's nonce.
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { python } from '@codemirror/lang-python'
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { shell } from '@codemirror/legacy-modes/mode/shell'
import { MergeView, unifiedMergeView } from '@codemirror/merge'
import { search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useEffectEvent, useRef } from 'react'
import { cedar } from './cedar'

const nonce = () => document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''

const theme = EditorView.theme({
  '&': { fontSize: '12px', backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6' },
  '.cm-gutters': { backgroundColor: 'var(--raised)', color: 'var(--faint)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--selected) !important' },
  '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--text)' },
  '.cm-changedLine': { backgroundColor: 'var(--ok-fill) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--bad-fill) !important' },
  '.cm-merge-a .cm-changedLine': { backgroundColor: 'var(--bad-fill) !important' },
  '.cm-changedText': { background: 'none !important', textDecoration: 'underline', textUnderlineOffset: '3px' },
  '.cm-deletedText': { background: 'none !important', textDecoration: 'line-through' },
  '.cm-collapsedLines': { background: 'var(--calm-fill) !important', color: 'var(--muted)' },
})

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.keyword, color: 'var(--deny-text)' },
    { tag: [tags.string, tags.special(tags.string)], color: 'var(--ok-text)' },
    { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
    { tag: [tags.number, tags.bool, tags.null], color: 'var(--wait-text)' },
    { tag: [tags.function(tags.variableName), tags.definition(tags.variableName)], color: 'var(--link)' },
  ]),
)

/** Left to the browser, typing over a selection copies the look of what was there as an inline style, which the page's policy refuses and reports. */
const typedOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== 'insertText' || event.isComposing || event.data === null || view.state.selection.ranges.every((range) => range.empty)) return false
    event.preventDefault()
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: 'input.type', scrollIntoView: true })
    return true
  },
})

function base(path: string, label: string, tall: boolean): Extension[] {
  return [
    EditorView.cspNonce.of(nonce()),
    lineNumbers(),
    drawSelection(),
    search({ top: true }),
    keymap.of([...searchKeymap, ...defaultKeymap]),
    theme,
    colours,
    EditorView.contentAttributes.of({ 'aria-label': label }),
    path.endsWith('.py') ? python() : /\.(sh|bash)$/.test(path) ? StreamLanguage.define(shell) : path.endsWith('.cedar') ? cedar : [],
    EditorView.theme({ '&': { maxHeight: tall ? '70vh' : '420px' } }),
  ]
}

interface Props {
  text: string
  path: string
  label: string
  onChange?: (text: string) => void
}

export default function Code({ text, path, label, onChange }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const change = useEffectEvent((next: string) => onChange?.(next))
  const start = useEffectEvent(() => text)
  const editable = onChange !== undefined
  useEffect(() => {
    if (!host.current) return
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: start(),
        extensions: [
          base(path, label, true),
          editable
            ? [history(), typedOver, highlightActiveLine(), keymap.of([...historyKeymap, indentWithTab]), EditorView.updateListener.of((update) => update.docChanged && change(update.state.doc.toString()))]
            : [EditorState.readOnly.of(true), EditorView.lineWrapping],
        ],
      }),
    })
    made.scrollDOM.tabIndex = editable ? -1 : 0
    view.current = made
    return () => made.destroy()
  }, [path, label, editable])
  useEffect(() => {
    const made = view.current
    if (made && made.state.doc.toString() !== text) made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text } })
  }, [text])
  return <div ref={host} className={editable ? 'editor boxed' : 'editor'} />
}

export function CodeDiff({ before, after, path, label, sideBySide }: { before: string; after: string; path: string; label: string; sideBySide: boolean }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!host.current) return
    const readOnly = [base(path, label, false), EditorState.readOnly.of(true), EditorView.lineWrapping]
    const fold = { margin: 3, minSize: 6 }
    if (sideBySide) {
      const merged = new MergeView({ a: { doc: before, extensions: readOnly }, b: { doc: after, extensions: readOnly }, parent: host.current, collapseUnchanged: fold })
      merged.a.scrollDOM.tabIndex = 0
      merged.b.scrollDOM.tabIndex = 0
      return () => merged.destroy()
    }
    const view = new EditorView({
      parent: host.current,
      doc: after,
      extensions: [readOnly, unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: fold, syntaxHighlightDeletions: false })],
    })
    view.scrollDOM.tabIndex = 0
    return () => view.destroy()
  }, [before, after, path, label, sideBySide])
  return <div ref={host} className="editor" />
}
