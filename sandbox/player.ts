import {
  type APIButtonComponent,
  type APIMessageTopLevelComponent,
  ButtonStyle,
  ComponentType,
  MessageFlags,
} from 'discord-api-types/v10'
import type {
  ActResult,
  ChannelSeen,
  CommandAct,
  ComponentAct,
  ModalAct,
  SeenMessage,
  World,
} from './people.ts'

/** Somebody at a keyboard, as code: does what a person does in the chat page, over the same people API. */
export interface Player {
  readonly id: string
  /** Run `/c500 <subcommand>`. */
  c500(subcommand: string, options?: CommandAct['options']): Promise<ActResult>
  /** Press the button whose label matches, on a message this person sees. */
  press(message: SeenMessage, label: RegExp): Promise<ActResult>
  /** Fill in the modal that an act opened. Fields are named by what their custom_id ends with. */
  submit(
    opened: ActResult,
    values: ModalAct['values'],
    files?: Readonly<Record<string, File>>,
  ): Promise<ActResult>
  /** The message an act led to, once the app has finished it. */
  answer(act: ActResult | Promise<ActResult>): Promise<SeenMessage>
  /** What this person sees in a channel now, oldest first. */
  messages(channelId: string): Promise<SeenMessage[]>
  /** Private messages and private threads, oldest first. */
  privateMessages(): Promise<SeenMessage[]>
  /** Look until `find` finds something; throws after `patienceMs`. */
  see<T>(what: string, find: () => Promise<T | undefined>): Promise<T>
  closeDms(closed: boolean): Promise<void>
  /** Forget what only this person could see, as a client does on a reload. */
  dismiss(): Promise<void>
}

const LOOK_EVERY_MS = 60

export function createPlayer(options: {
  /** The sandbox page, e.g. `http://127.0.0.1:8500`. */
  readonly pageUrl: string
  readonly personId: string
  /** Where commands are typed. */
  readonly channelId: string
  readonly patienceMs?: number
  /** Runs after whatever this person did, before the result is looked at: where time stands still, it moves on here. */
  readonly afterAct?: () => Promise<void>
}): Player {
  const { pageUrl, personId: as, channelId } = options
  const patienceMs = options.patienceMs ?? 15_000
  const afterAct = options.afterAct ?? (async () => {})

  async function get<T>(path: string): Promise<T> {
    return (await answerOf(await fetch(pageUrl + path))) as T
  }
  async function post(path: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' }
    const answer = await answerOf(
      await fetch(pageUrl + path, { method: 'POST', headers, body: JSON.stringify(body) }),
    )
    await afterAct()
    return answer
  }
  async function see<T>(what: string, find: () => Promise<T | undefined>): Promise<T> {
    const until = performance.now() + patienceMs
    for (;;) {
      const found = await find()
      if (found !== undefined) return found
      if (performance.now() > until) throw new Error(`Waited ${patienceMs / 1_000} s in vain for ${what}.`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }
  /** The message an act began on: a deferred update shows on it. */
  const sources = new WeakMap<ActResult, SeenMessage>()
  const messages = async (channel: string): Promise<SeenMessage[]> =>
    (await get<{ messages: SeenMessage[] }>(`/people/channels/${channel}?as=${as}`)).messages

  async function ownChannels(): Promise<ChannelSeen[]> {
    const { channels } = await get<World>('/people/world')
    return channels.filter(({ kind, memberIds }) => kind !== 'text' && memberIds?.includes(as))
  }

  return {
    id: as,
    see,
    messages,

    async c500(subcommand, commandOptions = {}) {
      const act: CommandAct = { as, channelId, path: ['c500', subcommand], options: commandOptions }
      return (await post('/people/command', act)) as ActResult
    },

    async press(message, label) {
      const button = buttonsOf(message).find(
        (candidate) => 'label' in candidate && label.test(candidate.label ?? ''),
      )
      if (!button || !('custom_id' in button)) {
        throw new Error(`There is no button ${label} on: ${textOf(message)}`)
      }
      if (button.disabled) throw new Error(`The button ${label} cannot be pressed.`)
      const act: ComponentAct = { as, messageId: message.id, customId: button.custom_id }
      const result = (await post('/people/component', act)) as ActResult
      sources.set(result, message)
      return result
    },

    async submit(opened, values, files = {}) {
      if (opened.result !== 'modal') throw new Error(`No modal was opened: ${JSON.stringify(opened)}`)
      const form = new FormData()
      const act: ModalAct = { as, modalId: opened.modalId, values }
      form.set('act', JSON.stringify(act))
      for (const [name, file] of Object.entries(files)) form.append(name, file)
      const answer = await answerOf(await fetch(`${pageUrl}/people/modal`, { method: 'POST', body: form }))
      const result = answer as ActResult
      const source = sources.get(opened)
      if (source) sources.set(result, source)
      await afterAct()
      return result
    },

    async answer(act) {
      const done = await act
      const source = sources.get(done)
      if (done.result === 'ok' && source) {
        return see('the updated message', async () => {
          const found = (await messages(source.channel_id)).find(({ id }) => id === source.id)
          return found && found.edited_timestamp !== source.edited_timestamp ? found : undefined
        })
      }
      if (done.result !== 'message' && done.result !== 'deferred') {
        throw new Error(`No message came: ${JSON.stringify(done).slice(0, 300)}`)
      }
      const id = done.result === 'message' ? done.message.id : done.messageId
      const where = done.result === 'message' ? done.message.channel_id : (source?.channel_id ?? channelId)
      return see('the finished answer', async () => {
        const found = (await messages(where)).find((message) => message.id === id)
        return found && !((found.flags ?? 0) & MessageFlags.Loading) ? found : undefined
      })
    },

    async privateMessages() {
      const channels = await ownChannels()
      const all = await Promise.all(channels.map(({ id }) => messages(id)))
      return all.flat().toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
    },

    async closeDms(closed) {
      await post('/people/dms', { as, closed })
    },

    async dismiss() {
      await post('/people/dismiss', { as })
    },
  }
}

/** Every button of a message, in reading order. */
export function buttonsOf(message: SeenMessage): APIButtonComponent[] {
  const inside = (component: APIMessageTopLevelComponent): APIButtonComponent[] => {
    if (component.type === ComponentType.ActionRow) {
      return component.components.filter((part) => part.type === ComponentType.Button)
    }
    return component.type === ComponentType.Container
      ? component.components.flatMap((part) => inside(part as APIMessageTopLevelComponent))
      : []
  }
  return (message.components ?? []).flatMap(inside)
}

/** The address behind the link button whose label matches; undefined when there is none. */
export function findLink(message: SeenMessage, label: RegExp): string | undefined {
  for (const button of buttonsOf(message)) {
    if (button.style === ButtonStyle.Link && label.test(button.label ?? '')) return button.url
  }
  return undefined
}

/** As findLink; throws when there is none. */
export function linkOf(message: SeenMessage, label: RegExp): string {
  const url = findLink(message, label)
  if (!url) throw new Error(`There is no link ${label} on: ${textOf(message)}`)
  return url
}

/** All words of a message as a person reads them. */
export function textOf(message: SeenMessage): string {
  const embeds = message.embeds.flatMap((embed) => [
    embed.author?.name,
    embed.title,
    embed.description,
    ...(embed.fields ?? []).flatMap((field) => [field.name, field.value]),
    embed.footer?.text,
  ])
  return [message.content, ...embeds].filter(Boolean).join('\n')
}

/**
 * Pay as a buyer in a browser does: follow our pay address to the local Stripe's page, fill in the card, press Pay; or
 * press the button of a delayed method, such as `us_bank_account`.
 * Answers where the browser ended and what stands there. A decline stays on the pay page.
 */
export async function payInBrowser(
  payUrl: string,
  card = '4242 4242 4242 4242',
  /** Where it is sent and how it is paid; the page's own example and by card unless told. */
  wish: { readonly name?: string; readonly line1?: string; readonly method?: string } = {},
): Promise<{ readonly url: string; readonly status: number; readonly text: string }> {
  let page = await fetch(payUrl)
  // Our own page says "being made" and refreshes itself until Stripe has made the session.
  for (let looks = 0; !page.url.includes('/c/pay/') && looks < 100 && page.ok; looks++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    page = await fetch(payUrl)
  }
  if (!page.url.includes('/c/pay/')) return { url: page.url, status: page.status, text: await page.text() }
  const body = new URLSearchParams({ card, method: 'card', ...wish })
  const paid = await fetch(page.url, { method: 'POST', body })
  return { url: paid.url, status: paid.status, text: await paid.text() }
}

async function answerOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json()
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}: ${JSON.stringify(body)}`)
  return body
}
