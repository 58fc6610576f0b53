// Stands in for the Markdown reader of @rjsf/core: what an author wrote about an input is shown as the text it is.
export const Markdown = ({ children }: { children?: string }) => children ?? null
