import { element, webAddress } from './element.ts'
import { formatTime } from './format-time.ts'
import { type Block, type Inline, parseInline, parseMarkdown } from './parse-markdown.ts'

/** What a message needs to know of the world to be drawn. */
export interface Names {
  user(id: string): string
  channel(id: string): string | null
  /** The address within the page of a channel that the reader may open. */
  channelHref(id: string): string | null
  readonly myId: string
}

export function drawMarkdown(text: string, names: Names, maskedLinks: boolean): HTMLElement {
  const box = element('div', { class: 'markdown' })
  box.append(...parseMarkdown(text, { maskedLinks }).map((block) => drawBlock(block, names)))
  return box
}

/** One line of words, for titles and names of fields. */
export function drawInline(text: string, names: Names, maskedLinks: boolean): DocumentFragment {
  return fragment(parseInline(text, { maskedLinks }), names)
}

/** Keeps every relative moment on the page true. */
export function refreshTimes(root: ParentNode, now: number): void {
  for (const time of root.querySelectorAll<HTMLElement>('time[data-style="R"]')) {
    const words = formatTime(Number(time.dataset.at), 'R', now)
    if (time.textContent !== words) time.textContent = words
  }
}

function drawBlock(block: Block, names: Names): Node {
  switch (block.type) {
    case 'paragraph':
      return element('p', {}, fragment(block.children, names))
    case 'subtext':
      return element('p', { class: 'subtext' }, fragment(block.children, names))
    case 'heading':
      // Message headings sit below the channel's own h1.
      return element(`h${block.level + 1}` as 'h2', {}, fragment(block.children, names))
    case 'code':
      return element('pre', {}, element('code', {}, block.text))
    case 'quote':
      return element('blockquote', {}, ...block.blocks.map((inner) => drawBlock(inner, names)))
    case 'list':
      return element(
        block.ordered ? 'ol' : 'ul',
        {},
        ...block.items.map((item) => element('li', {}, fragment(item, names))),
      )
    default:
      return block satisfies never
  }
}

function fragment(nodes: readonly Inline[], names: Names): DocumentFragment {
  const box = document.createDocumentFragment()
  box.append(...nodes.map((node) => drawInlineNode(node, names)))
  return box
}

const TAGS = { strong: 'strong', em: 'em', underline: 'u', strike: 's' } as const

function drawInlineNode(node: Inline, names: Names): Node {
  switch (node.type) {
    case 'text':
      return document.createTextNode(node.text)
    case 'strong':
    case 'em':
    case 'underline':
    case 'strike':
      return element(TAGS[node.type], {}, fragment(node.children, names))
    case 'spoiler':
      return drawSpoiler(fragment(node.children, names))
    case 'code':
      return element('code', {}, node.text)
    case 'link': {
      const href = webAddress(node.url)
      const words = fragment(node.children, names)
      return href ? element('a', { href, target: '_blank', rel: 'noopener noreferrer' }, words) : words
    }
    case 'user':
      return element('span', { class: 'mention' }, `@${names.user(node.id)}`)
    case 'channel': {
      const name = names.channel(node.id)
      const href = names.channelHref(node.id)
      const words = name ? `#${name}` : '#unknown'
      return href
        ? element('a', { class: 'mention', href }, words)
        : element('span', { class: 'mention' }, words)
    }
    case 'role':
      return element('span', { class: 'mention' }, '@role')
    case 'command':
      return element('span', { class: 'mention' }, `/${node.name}`)
    case 'emoji':
      return document.createTextNode(`:${node.name}:`)
    case 'time': {
      // Beyond what a date can hold, the text is shown as it was written.
      if (Number.isNaN(new Date(node.at).getTime())) return document.createTextNode('an unknown time')
      return element(
        'time',
        {
          datetime: new Date(node.at).toISOString(),
          title: formatTime(node.at, 'F', Date.now()),
          'data-at': node.at,
          'data-style': node.style,
        },
        formatTime(node.at, node.style, Date.now()),
      )
    }
    default:
      return node satisfies never
  }
}

function drawSpoiler(words: DocumentFragment): HTMLElement {
  const button = element('button', { class: 'spoiler', type: 'button', 'aria-expanded': 'false' })
  const inside = element('span', { 'aria-hidden': 'true' }, words)
  button.append(element('span', { class: 'hidden' }, 'Spoiler'), inside)
  button.addEventListener('click', () => button.replaceWith(...inside.childNodes), { once: true })
  return button
}
