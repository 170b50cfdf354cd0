import type { APIAttachment, APIEmbed } from 'discord-api-types/v10'
import { drawInline, drawMarkdown, type Names } from './draw-markdown.ts'
import { element, webAddress } from './element.ts'
import { formatMessageTime } from './format-time.ts'

/** Where a picture is: `attachment://name` points at a file of the same message. Null for what a page must not load. */
export function mediaAddress(
  url: string | null | undefined,
  attachments: readonly APIAttachment[],
): string | null {
  if (!url?.startsWith('attachment://')) return webAddress(url)
  const name = url.slice('attachment://'.length)
  return webAddress(attachments.find((file) => file.filename === name)?.url)
}

export function drawPicture(
  address: string | null,
  words: string,
  size: { readonly width?: number | null | undefined; readonly height?: number | null | undefined } = {},
): HTMLElement | null {
  if (!address) return null
  const known = size.width && size.height
  return element('img', {
    class: 'picture',
    src: address,
    alt: words,
    width: known ? size.width : null,
    height: known ? size.height : null,
    decoding: 'async',
  })
}

export function drawEmbed(embed: APIEmbed, attachments: readonly APIAttachment[], names: Names): HTMLElement {
  const box = element('article', { class: 'embed', 'data-testid': 'embed' })
  if (embed.color !== undefined && embed.color !== null) setAccent(box, embed.color)

  const thumbnail = drawPicture(mediaAddress(embed.thumbnail?.url, attachments), '', embed.thumbnail)
  const words = element('div', { class: 'embed-words' })
  if (embed.author?.name) {
    const icon = drawPicture(mediaAddress(embed.author.icon_url, attachments), '')
    words.append(element('p', { class: 'embed-author' }, icon, linked(embed.author.name, embed.author.url)))
  }
  if (embed.title) {
    const href = webAddress(embed.url)
    const title = drawInline(embed.title, names, true)
    words.append(
      element(
        'h2',
        { class: 'embed-title' },
        href ? element('a', { href, target: '_blank', rel: 'noopener noreferrer' }, title) : title,
      ),
    )
  }
  if (embed.description) words.append(drawMarkdown(embed.description, names, true))
  if (embed.fields?.length) {
    words.append(
      element(
        'dl',
        { class: 'embed-fields' },
        ...embed.fields.map((field) =>
          element(
            'div',
            { class: field.inline ? 'inline' : null },
            element('dt', {}, drawInline(field.name, names, true)),
            element('dd', {}, drawMarkdown(field.value, names, true)),
          ),
        ),
      ),
    )
  }
  box.append(element('div', { class: 'embed-top' }, words, thumbnail))

  const image = drawPicture(
    mediaAddress(embed.image?.url, attachments),
    embed.image?.description ?? (embed.title ? `Picture of ${embed.title}` : ''),
    embed.image,
  )
  if (image) box.append(image)
  if (embed.footer?.text || embed.timestamp) {
    const at = embed.timestamp ? Date.parse(embed.timestamp) : Number.NaN
    const when = Number.isNaN(at) ? null : formatMessageTime(at, Date.now())
    const words = [embed.footer?.text, when].filter(Boolean).join(' · ')
    const icon = drawPicture(mediaAddress(embed.footer?.icon_url, attachments), '')
    box.append(element('p', { class: 'embed-footer' }, icon, element('span', {}, words)))
  }
  return box
}

/** Paints the bar at the left, from a 24-bit colour. */
export function setAccent(box: HTMLElement, colour: number): void {
  box.style.setProperty('--accent', `#${colour.toString(16).padStart(6, '0').slice(-6)}`)
}

function linked(words: string, url: string | undefined): Node {
  const href = webAddress(url)
  return href
    ? element('a', { href, target: '_blank', rel: 'noopener noreferrer' }, words)
    : element('span', {}, words)
}
