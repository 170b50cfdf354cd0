import type { SeenMessage } from '../../people.ts'
import { type ComponentHost, drawComponent, drawFileLink } from './draw-components.ts'
import { drawEmbed, drawPicture } from './draw-embed.ts'
import { drawMarkdown } from './draw-markdown.ts'
import { element, webAddress } from './element.ts'
import { formatMessageTime, formatTime } from './format-time.ts'

const LOADING = 1 << 7

export interface MessageHost {
  /** The message continues what its author said just before: no second heading. */
  readonly continues: boolean
  /** Who asked for it and how, e.g. Poppy and `/c500 profile`; null when nobody did. */
  readonly asked: { readonly name: string; readonly command: string } | null
  /** Why the last press under it came to nothing. */
  readonly failure: string | null
  readonly components: Omit<ComponentHost, 'attachments'>
  dismiss(): void
}

/** A round picture with the first letter of a name; `tone` chooses one of the stylesheet's soft fills. */
export function drawAvatar(name: string, tone: string): HTMLElement {
  return element(
    'span',
    { class: 'avatar', 'data-tone': tone, 'aria-hidden': 'true' },
    tone === 'app' ? 'C5' : [...name].slice(0, 1).join('').toUpperCase(),
  )
}

export function drawMessage(message: SeenMessage, host: MessageHost): HTMLElement {
  const { names } = host.components
  const author = message.author.global_name ?? message.author.username
  const at = Date.parse(message.timestamp)
  const ephemeral = message.onlyFor !== undefined
  const mentionsMe = message.mentions?.some((user) => user.id === names.myId)
  const box = element('li', {
    class: ['message', host.continues && 'continues', ephemeral && 'ephemeral', mentionsMe && 'for-me']
      .filter(Boolean)
      .join(' '),
    'data-testid': 'message',
    'data-message-id': message.id,
    'data-ephemeral': ephemeral ? 'true' : null,
  })
  if (host.asked) {
    box.append(
      element(
        'p',
        { class: 'asked' },
        element('b', {}, host.asked.name),
        ' used ',
        element('span', { class: 'mention' }, host.asked.command),
      ),
    )
  }
  const time = element(
    'time',
    { class: 'when', datetime: message.timestamp, title: formatTime(at, 'F', Date.now()) },
    formatMessageTime(at, Date.now()),
  )
  const body = element('div', { class: 'body' })
  if (host.continues) {
    box.append(element('span', { class: 'gutter' }, time))
    body.append(element('span', { class: 'hidden' }, author))
  } else {
    box.append(drawAvatar(author, message.author.bot ? 'app' : message.author.username))
    body.append(
      element(
        'p',
        { class: 'author' },
        element('b', {}, author),
        message.author.bot && element('span', { class: 'tag' }, 'APP'),
        time,
      ),
    )
  }
  box.append(body)

  if ((message.flags ?? 0) & LOADING) body.append(drawThinking(`${author} is thinking`))
  else drawContent(message, host, body)
  if (host.failure) body.append(element('p', { class: 'failure', 'data-testid': 'failure' }, host.failure))
  if (ephemeral) body.append(drawOnlyYou(host.dismiss))
  return box
}

function drawContent(message: SeenMessage, host: MessageHost, body: HTMLElement): void {
  const { names } = host.components
  const attachments = message.attachments ?? []
  const masked = message.author.bot === true || message.webhook_id !== undefined
  if (message.content) {
    const words = drawMarkdown(message.content, names, masked)
    if (message.edited_timestamp) words.append(element('span', { class: 'edited' }, '(edited)'))
    body.append(words)
  }
  for (const embed of message.embeds ?? []) body.append(drawEmbed(embed, attachments, names))

  // A file that an embed or a component already shows is not shown a second time.
  const shown = JSON.stringify([message.embeds ?? [], message.components ?? []])
  for (const file of attachments) {
    if (shown.includes(`"attachment://${file.filename}"`) || shown.includes(JSON.stringify(file.url)))
      continue
    const address = webAddress(file.url)
    if (!address) continue
    body.append(
      file.content_type?.startsWith('image/')
        ? (drawPicture(address, file.description ?? file.filename, file) ?? '')
        : drawFileLink(file.filename, file.size, address),
    )
  }
  for (const component of message.components ?? []) {
    const drawn = drawComponent(component, { ...host.components, attachments })
    if (drawn) body.append(drawn)
  }
}

export function drawThinking(words: string): HTMLElement {
  return element(
    'p',
    { class: 'thinking', 'data-testid': 'thinking' },
    element('span', { class: 'dots', 'aria-hidden': 'true' }, element('i'), element('i'), element('i')),
    `${words}…`,
  )
}

export function drawOnlyYou(dismiss: () => void): HTMLElement {
  const button = element('button', { class: 'dismiss', type: 'button' }, 'Dismiss message')
  button.addEventListener('click', dismiss)
  return element('p', { class: 'only-you' }, 'Only you can see this · ', button)
}
