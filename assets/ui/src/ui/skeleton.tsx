// Grey bars where something is about to be; they appear only after a moment.
const WIDTHS = [92, 74, 83, 60, 88, 70, 79, 66]

export function Skeleton({ rows = 4, label }: { rows?: number; label: string }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, i) => (
        <Bar key={i} width={WIDTHS[i % WIDTHS.length] ?? 80} />
      ))}
    </div>
  )
}

function Bar({ width }: { width: number }) {
  return <span style={{ width: `${width}%` }} />
}
