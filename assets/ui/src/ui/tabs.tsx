// Tabs that are links: each has an address.
import { Link } from 'wouter'

export interface Tab {
  id: string
  to: string
  text: string
}

/** On a narrow window the row of tabs scrolls: the current one must not be outside. */
function show(link: HTMLAnchorElement | null) {
  const row = link?.closest('ul')
  if (link && row && row.scrollWidth > row.clientWidth) row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.offsetWidth) / 2
}

export function Tabs({ tabs, current, label }: { tabs: Tab[]; current: string; label: string }) {
  return (
    <nav aria-label={label}>
      <ul className="tabs">
        {tabs.map((tab) => (
          <li key={tab.id}>
            <Link ref={tab.id === current ? show : undefined} href={tab.to} aria-current={tab.id === current ? 'page' : undefined}>
              {tab.text}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
