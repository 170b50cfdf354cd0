import type {
  APIAttachment,
  APIButtonComponent,
  APIMessageComponent,
  APIMessageComponentEmoji,
  APISelectMenuComponent,
} from 'discord-api-types/v10'
import { drawPicture, mediaAddress, setAccent } from './draw-embed.ts'
import { drawMarkdown, type Names } from './draw-markdown.ts'
import { element, webAddress } from './element.ts'

export interface Choice {
  readonly label: string
  readonly value: string
  readonly description?: string | undefined
  readonly chosen?: boolean | undefined
}

export interface ComponentHost {
  readonly names: Names
  readonly attachments: readonly APIAttachment[]
  /** What a select over people or channels offers. */
  choicesOf(kind: 'people' | 'channels'): readonly Choice[]
  /** The person pressed or chose. Resolves when the app's first answer is here. */
  act(customId: string, values?: readonly string[]): Promise<void>
}

// Component types by Discord's numbers; the types of discord-api-types check that each case fits.
export function drawComponent(component: APIMessageComponent, host: ComponentHost): Node | null {
  switch (component.type) {
    case 1: // action row
      return element(
        'div',
        { class: 'action-row' },
        ...component.components.map((inner) => drawComponent(inner, host)),
      )
    case 2:
      return drawButton(component, host)
    case 3: // selects: string, user, role, mentionable, channel
    case 5:
    case 6:
    case 7:
    case 8:
      return drawSelect(component, host)
    case 9: // section
      return element(
        'div',
        { class: 'section' },
        element('div', {}, ...component.components.map((inner) => drawComponent(inner, host))),
        drawComponent(component.accessory, host),
      )
    case 10: // text display
      return drawMarkdown(component.content, host.names, true)
    case 11: // thumbnail
      return drawPicture(mediaAddress(component.media.url, host.attachments), component.description ?? '')
    case 12: // media gallery
      return element(
        'div',
        { class: 'gallery' },
        ...component.items.map((item) =>
          drawPicture(mediaAddress(item.media.url, host.attachments), item.description ?? ''),
        ),
      )
    case 13: {
      // file
      const href = mediaAddress(component.file.url, host.attachments)
      return href ? drawFileLink(component.name ?? 'File', component.size, href) : null
    }
    case 14: // separator
      return element('hr', {
        class: `separator${component.divider === false ? ' bare' : ''}${component.spacing === 2 ? ' wide' : ''}`,
      })
    case 17: {
      // container
      const box = element(
        'div',
        { class: 'container' },
        ...component.components.map((inner) => drawComponent(inner, host)),
      )
      if (component.accent_color) setAccent(box, component.accent_color)
      return box
    }
    default:
      return component satisfies never
  }
}

export function drawFileLink(name: string, bytes: number | undefined, href: string): HTMLElement {
  const size = bytes === undefined ? '' : ` · ${Math.max(1, Math.round(bytes / 1024))} KB`
  return element(
    'a',
    { class: 'file', href, target: '_blank', rel: 'noopener noreferrer' },
    element('b', {}, name),
    size,
  )
}

function emojiWords(emoji: APIMessageComponentEmoji | undefined): string {
  if (!emoji?.name) return ''
  // Custom emoji live on Discord's servers; here their names stand for them.
  return emoji.id ? `:${emoji.name}:` : emoji.name
}

const BUTTON_STYLES: Readonly<Record<number, string>> = {
  1: 'primary',
  2: 'secondary',
  3: 'success',
  4: 'danger',
  5: 'link',
  6: 'secondary',
}

function drawButton(button: APIButtonComponent, host: ComponentHost): HTMLElement {
  const emoji = 'emoji' in button ? emojiWords(button.emoji) : ''
  const label = 'label' in button ? (button.label ?? '') : ''
  const words = [
    emoji ? element('span', { class: 'emoji', 'aria-hidden': label !== '' ? 'true' : null }, emoji) : null,
    label ? element('span', {}, label) : null,
  ]
  const look = `button ${BUTTON_STYLES[button.style] ?? 'secondary'}`
  const href = 'url' in button ? webAddress(button.url) : null
  if (href && !button.disabled) {
    return element(
      'a',
      { class: look, href, target: '_blank', rel: 'noopener noreferrer', 'data-testid': 'button' },
      ...words,
      element('span', { class: 'leaves', 'aria-hidden': 'true' }, '↗'),
      element('span', { class: 'hidden' }, ' (opens a new tab)'),
    )
  }
  const customId = 'custom_id' in button ? button.custom_id : null
  const made = element(
    'button',
    {
      class: look,
      type: 'button',
      disabled: button.disabled || customId === null,
      'data-testid': 'button',
      'data-custom-id': customId,
    },
    ...words,
  )
  if (customId !== null) {
    made.addEventListener('click', () => whileBusy(made, () => host.act(customId)))
  }
  return made
}

function drawSelect(select: APISelectMenuComponent, host: ComponentHost): HTMLElement {
  const choices = selectChoices(select, (kind) => host.choicesOf(kind))
  const words = select.placeholder ?? 'Choose'
  const most = select.max_values ?? 1
  if (most > 1) return drawManySelect(select, choices, words, host)
  const menu = element(
    'select',
    {
      class: 'select',
      'aria-label': words,
      disabled: select.disabled,
      'data-testid': 'select',
      'data-custom-id': select.custom_id,
    },
    element('option', { value: '', selected: !choices.some((choice) => choice.chosen) }, words),
    ...choices.map(drawOption),
  )
  menu.addEventListener('change', () => {
    const { value } = menu
    whileBusy(menu, () => host.act(select.custom_id, value === '' ? [] : [value])).finally(() => {
      menu.value = choices.find((choice) => choice.chosen)?.value ?? ''
    })
  })
  return menu
}

function drawManySelect(
  select: APISelectMenuComponent,
  choices: readonly Choice[],
  words: string,
  host: ComponentHost,
): HTMLElement {
  const boxes = choices.map((choice) =>
    element('input', { type: 'checkbox', value: choice.value, checked: choice.chosen }),
  )
  const done = element('button', { class: 'button secondary', type: 'button' }, 'Choose')
  const refresh = () => {
    const count = boxes.filter((box) => box.checked).length
    done.disabled = count < (select.min_values ?? 1) || count > (select.max_values ?? 1)
  }
  const list = element(
    'fieldset',
    {
      class: 'many',
      disabled: select.disabled,
      'data-testid': 'select',
      'data-custom-id': select.custom_id,
    },
    element('legend', {}, words),
    ...choices.map((choice, index) =>
      element('label', {}, boxes[index], element('span', {}, choice.label, describe(choice))),
    ),
    done,
  )
  list.addEventListener('change', refresh)
  done.addEventListener('click', () => {
    const values = boxes.filter((box) => box.checked).map((box) => box.value)
    whileBusy(done, () => host.act(select.custom_id, values))
  })
  refresh()
  return list
}

/** What a select of any kind offers: its own options, or the world's people or channels. */
export function selectChoices(
  select: APISelectMenuComponent,
  choicesOf: (kind: 'people' | 'channels') => readonly Choice[],
): readonly Choice[] {
  switch (select.type) {
    case 3:
      return select.options.map((option) => ({
        label: [emojiWords(option.emoji), option.label].filter(Boolean).join(' '),
        value: option.value,
        description: option.description,
        chosen: option.default,
      }))
    case 8:
      return choicesOf('channels')
    case 6: // the local Discord has no roles
      return []
    default:
      return choicesOf('people')
  }
}

export function drawOption(choice: Choice): HTMLElement {
  return element('option', { value: choice.value, selected: choice.chosen }, choice.label, describe(choice))
}

function describe(choice: Choice): HTMLElement | null {
  return choice.description ? element('small', {}, ` ${choice.description}`) : null
}

/** Shows that something is under way and takes no second press meanwhile. */
async function whileBusy(control: HTMLElement, work: () => Promise<void>): Promise<void> {
  if (control.ariaBusy === 'true') return
  control.ariaBusy = 'true'
  try {
    await work()
  } finally {
    control.ariaBusy = null
  }
}
