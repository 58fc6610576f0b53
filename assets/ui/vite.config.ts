import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { documents } from './plugins/documents.ts'
import { prunedAntd } from './plugins/prune-antd-css.ts'
import { styleNonce } from './plugins/style-nonce.ts'

const SOME_PAGES =
  /node_modules\/(@codemirror|@lezer|@marijn|style-mod|w3c-keyname|crelt|@rjsf|@cfworker|anser|marked|pdfjs-dist|@tanstack\/(react-)?virtual|dayjs|lodash|antd\/locale|@rc-component\/picker|antd\/es\/(date-picker|drawer|table|input-number|slider|switch)|@rc-component\/input-number|fast-uri|@x0k|json-schema|jsonpointer|react-is|fast-equals)/
const EVERY_PAGE = /src\/(app|main|routes|format|paths|theme)\b|src\/(api|hooks|layouts|ui\/(page|date-input|password|zones|steps|card|copy|data-table|empty|facts|field|notice|skeleton|tabs|typing|download))\b|src\/parts\/(tags|time|actor|problem|error-words|rules|loaded|toast|pager|help-link|elapsed|run-table|actor|elapsed|run-filters|run-bulk|audit-table)|src\/pages\/(errors|runs\/list)|src\/text\/|rolldown\/runtime/

export default defineConfig({
  plugins: [react(), documents(), prunedAntd(), styleNonce()],
  resolve: {
    alias: [
      { find: '@', replacement: resolve(import.meta.dirname, 'src') },
      // The index of @rjsf/core re-exports a test registry that wants a validator built on `eval`.
      { find: '@rjsf/validator-ajv8', replacement: resolve(import.meta.dirname, 'plugins/nothing.ts') },
      // Descriptions of inputs are plain text here, so the reader of Markdown that @rjsf/core brings is not needed.
      { find: 'markdown-to-jsx/react', replacement: resolve(import.meta.dirname, 'plugins/plain-text.ts') },
    ],
  },
  worker: { format: 'es' },
  // The server replaces the word in index.html by a fresh nonce on every answer.
  html: { cspNonce: '__EXECGOV_NONCE__' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      output: {
        // Few requests: one chunk of libraries that every page needs, one of our own parts; what only some pages need stays with them.
        codeSplitting: {
          groups: [
            { name: 'vendor', test: (id: string) => id.includes('node_modules') && !SOME_PAGES.test(id), priority: 2 },
            { name: 'console', test: (id: string) => EVERY_PAGE.test(id), priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': process.env.EXECGOV_DEV_SERVER ?? 'http://127.0.0.1:8080' } },
})
