// Tabs that are links: each has an address.
import { Link } from 'wouter'

export interface Tab {
  id: string
  to: string
  text: string
}

export function Tabs({ tabs, current, label }: { tabs: Tab[]; current: string; label: string }) {
  return (
    <nav aria-label={label}>
      <ul className="tabs">
        {tabs.map((tab) => (
          <li key={tab.id}>
            <Link href={tab.to} aria-current={tab.id === current ? 'page' : undefined}>
              {tab.text}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
