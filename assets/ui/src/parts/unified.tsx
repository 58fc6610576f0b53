// A unified diff as text with marked lines.
export function Unified({ text, label }: { text: string; label: string }) {
  return (
    <pre className="code-block" style={{ border: 0, borderRadius: 0 }} tabIndex={0} role="region" aria-label={label}>
      {text
        .replace(/\n$/, '')
        .split('\n')
        .map((line, i) => (
          <span key={i} className={`diff-line ${line.startsWith('+') && !line.startsWith('+++') ? 'add' : line.startsWith('-') && !line.startsWith('---') ? 'del' : line.startsWith('@@') ? 'at' : ''}`}>
            {line}
            {'\n'}
          </span>
        ))}
    </pre>
  )
}
