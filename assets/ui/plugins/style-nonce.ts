// Some parts of Ant Design put a style element on the page without passing the nonce on (scroll lock behind dialogs, measuring of
// scroll bars). All of them do it by one function, which takes the nonce of the page from here on.
import type { Plugin } from 'vite'

export function styleNonce(): Plugin {
  return {
    name: 'style-nonce',
    transform(code, id) {
      if (!/@rc-component[\\/]util[\\/]es[\\/]Dom[\\/]dynamicCSS\.js/.test(id)) return null
      const changed = code.replace(/if \(csp\?\.nonce\) \{\s*styleNode\.nonce = csp\?\.nonce;\s*\}/, "styleNode.nonce = csp?.nonce ?? document.querySelector('meta[property=\"csp-nonce\"]')?.nonce ?? '';")
      if (changed === code) this.error('dynamicCSS.js has changed: see plugins/style-nonce.ts')
      return { code: changed, map: null }
    },
  }
}
