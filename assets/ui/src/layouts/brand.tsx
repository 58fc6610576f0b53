/** The mark of the product. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="6" fill="var(--primary)" />
      <path d="M9 10h14M9 16h9M9 22h14" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
    </svg>
  )
}
