import 'virtual:antd.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'
import { createRoot } from 'react-dom/client'
import { Root } from './app'
import { applyPrefs, getPrefs } from './hooks/prefs'
import { loadLanguage } from './text'

applyPrefs()
const root = document.getElementById('root')
// Not a top-level await: the words import parts of this very chunk.
void loadLanguage(getPrefs().language).then(() => root && createRoot(root).render(<Root />))
