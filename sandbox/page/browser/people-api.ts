import type {
  ActResult,
  AutocompleteAct,
  CommandAct,
  ComponentAct,
  LiveEvent,
  MessageAct,
  ModalAct,
  SeenMessage,
  World,
} from '../../people.ts'

export interface LiveHandlers {
  event(event: LiveEvent): void
  /** The stream is open, for the first time or again: anything may have been missed before. */
  open(): void
  lost(): void
}

const RETRY_MS = 1000

async function read<T>(response: Promise<Response>): Promise<T> {
  let answer: Response
  try {
    answer = await response
  } catch {
    throw new Error('The local Discord cannot be reached just now.')
  }
  // The border to our own server: its shapes are those of people.ts.
  const body: unknown = await answer.json().catch(() => null)
  if (answer.ok) return body as T
  const told = body && typeof body === 'object' && 'error' in body ? String(body.error) : null
  throw new Error(told ?? `The local Discord answered ${answer.status}.`)
}

function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  return read<T>(fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }))
}

export const fetchWorld = (): Promise<World> => read(fetch('/people/world'))

export async function fetchMessages(channelId: string, as: string): Promise<readonly SeenMessage[]> {
  const path = `/people/channels/${encodeURIComponent(channelId)}?as=${encodeURIComponent(as)}`
  return (await read<{ messages: SeenMessage[] }>(fetch(path))).messages
}

export const runCommand = (act: CommandAct): Promise<ActResult> => post('/people/command', act)
export const sendMessage = (act: MessageAct): Promise<SeenMessage> => post('/people/message', act)
export const pressComponent = (act: ComponentAct): Promise<ActResult> => post('/people/component', act)

export async function fetchChoices(
  act: AutocompleteAct,
): Promise<readonly { readonly name: string; readonly value: string | number }[]> {
  return (await post<{ choices: { name: string; value: string | number }[] }>('/people/autocomplete', act))
    .choices
}

export function submitModal(act: ModalAct, files: ReadonlyMap<string, readonly File[]>): Promise<ActResult> {
  const form = new FormData()
  form.set('act', JSON.stringify(act))
  for (const [customId, list] of files) for (const file of list) form.append(customId, file, file.name)
  return read(fetch('/people/modal', { method: 'POST', body: form }))
}

export const closeDms = (as: string, closed: boolean): Promise<unknown> => post('/people/dms', { as, closed })

/** Follows what this person sees, for ever, through restarts of the server. Returns how to stop. */
export function followLive(as: string, handlers: LiveHandlers): () => void {
  let source: EventSource
  let retry: ReturnType<typeof setTimeout> | undefined
  const connect = () => {
    source = new EventSource(`/people/live?as=${encodeURIComponent(as)}`)
    source.onopen = handlers.open
    source.onmessage = (event: MessageEvent<string>) => handlers.event(JSON.parse(event.data) as LiveEvent)
    source.onerror = () => {
      handlers.lost()
      // The browser reconnects by itself after a break, but gives up after an answer that is not a stream.
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY_MS)
    }
  }
  connect()
  return () => {
    clearTimeout(retry)
    source.close()
  }
}
