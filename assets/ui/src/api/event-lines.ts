// Server-sent events of an answer to a POST, which EventSource cannot ask for.

export interface ServerEvent {
  event: string
  data: string
}

/** Takes whole events off the front of what has come; what is left waits for more. */
export function takeEvents(text: string): { events: ServerEvent[]; rest: string } {
  const blocks = text.replaceAll('\r\n', '\n').split('\n\n')
  const rest = blocks.pop() ?? ''
  const events = blocks.flatMap((block) => {
    let event = 'message'
    const data: string[] = []
    for (const line of block.split('\n')) {
      const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? []
      if (field === 'event') event = value ?? ''
      if (field === 'data') data.push(value ?? '')
    }
    // Comments keep the connection alive and say nothing.
    return data.length > 0 ? [{ event, data: data.join('\n') }] : []
  })
  return { events, rest }
}

export async function* readEvents(response: Response): AsyncGenerator<ServerEvent> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let waiting = ''
  while (reader) {
    const { done, value } = await reader.read()
    if (done) return
    const { events, rest } = takeEvents(waiting + value)
    waiting = rest
    yield* events
  }
}
