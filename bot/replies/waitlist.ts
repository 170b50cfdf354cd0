import type { DropView } from '#contract'
import { SENTENCE } from '../words.ts'
import { lineButton, shelfState } from './card.ts'
import { button, type Message, rows, say } from './message.ts'
import { escapeText } from './text.ts'

/** Core counts no further. */
const COUNTED_AT_MOST = 100

/** Somebody got in line, or left it (`on` false). `place` null: they are not in line, or one is there to buy. */
export function renderPlace(
  { drop, place }: { readonly drop: DropView; readonly place: number | null },
  on: boolean,
): Message {
  const title = `**${escapeText(drop.title, 200)}**`
  if (place !== null) {
    const where =
      place === 1
        ? 'You are **first in line**'
        : place > COUNTED_AT_MOST
          ? `You are in line, and more than **${COUNTED_AT_MOST}** people are before you`
          : `You are **number ${place} in line**`
    return say(
      `${where} for ${title}. When one comes back it is held for you alone, and I write to you: then you have a while to pay.`,
      'mint',
      rows(button('Leave the line', ['leaveline', drop.dropId])),
    )
  }
  if (on) return say(`One of ${title} is there right now.`, 'mint', rows(buyButton(drop)))
  return shelfState(drop) === 'All held right now'
    ? say(`You are not in line for ${title}.`, 'butter', rows(lineButton(drop)))
    : say(`You are not in line for ${title}.`)
}

/** Somebody wanted one while all are held, or meant for those who wait. Many are told so at once: nothing is asked for it. */
export function renderAllHeld(dropId: string): Message {
  return say(SENTENCE.all_held, 'butter', rows(lineButton({ dropId })))
}

const buyButton = ({ dropId }: DropView) => button('Buy now', ['buy', dropId], 'primary')
