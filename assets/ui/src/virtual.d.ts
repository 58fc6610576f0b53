declare module 'virtual:antd.css'
declare module 'virtual:error-titles-en' {
  const titles: Record<string, string>
  export default titles
}
declare module 'virtual:error-titles-zh' {
  const titles: Record<string, string>
  export default titles
}
declare module 'virtual:error-pages-en' {
  const pages: Record<string, { title: string; text: string }>
  export default pages
declare module "pdfjs-dist/build/pdf.worker.min.mjs?worker" {
  const Reader: new () => Worker
  export default Reader
}
}
declare module 'virtual:error-pages-zh' {
  const pages: Record<string, { title: string; text: string }>
  export default pages
}
declare module 'virtual:help-en' {
  const pages: { id: string; title: string; text: string }[]
  export default pages
}
declare module 'virtual:help-zh' {
  const pages: { id: string; title: string; text: string }[]
  export default pages
}
declare module 'virtual:notices' {
  const text: string
  export default text
}
