import type { DropView } from '#contract'
import { isWaiting, opensWhen, shelfState } from './card.ts'
import { button, type Message, rows, say } from './message.ts'
import { escapeText } from './text.ts'

/** Somebody pressed Remind me, or took it back. `on`: they will be told. */
export function renderReminder(drop: DropView, on: boolean): Message {
  if (!isWaiting(drop) || drop.opensAt === null) return renderNotWaiting(drop)
  const title = titleOf(drop)
  return on
    ? say(
        `I tell you when ${title} opens: ${opensWhen(drop, drop.opensAt)}.`,
        'mint',
        rows(button('Do not remind me', ['forget', drop.dropId])),
      )
    : say(
        `Very well, I keep quiet about ${title}.`,
        'butter',
        rows(button('Remind me', ['remind', drop.dropId])),
      )
}

/** Somebody wanted to buy too early. */
export function renderNotOpen(drop: DropView): Message {
  if (!isWaiting(drop) || drop.opensAt === null) return renderNotWaiting(drop)
  return say(
    `${titleOf(drop)} is not open yet. It opens ${opensWhen(drop, drop.opensAt)}.`,
    'butter',
    rows(button('Remind me', ['remind', drop.dropId], 'primary')),
  )
}

/** What its builder may do with a drop that has not opened; or how it stands when it has. */
export function renderOpening(drop: DropView): Message {
  const workshop = button('Your workshop', ['dashboard'])
  if (!isWaiting(drop) || drop.opensAt === null) {
    const called = drop.opensAt !== null
    const text = called
      ? `${titleOf(drop)} is called off and does not open.${drop.reminders > 0 ? ' Those who wanted to be told of it are told so.' : ''}`
      : `${titleOf(drop)} is open.`
    return say(text, 'mint', rows(workshop))
  }
  const paused =
    drop.status === 'paused' ? '\nIt is paused for now: it opens when it is not, and no sooner.' : ''
  return say(
    `${titleOf(drop)} opens ${opensWhen(drop, drop.opensAt)}. ${wanted(drop)}.${paused}`,
    'lavender',
    rows(
      button('Open it now', ['opennow', drop.dropId], 'success'),
      button('Call it off', ['calloff', drop.dropId], 'danger'),
      workshop,
    ),
  )
}

/** How many people asked to be told of it. */
export function wanted({ reminders }: Pick<DropView, 'reminders'>): string {
  if (reminders === 0) return 'Nobody asked to be reminded yet'
  return reminders === 1 ? '1 person wants to be reminded' : `${reminders} people want to be reminded`
}

function renderNotWaiting(drop: DropView): Message {
  const title = titleOf(drop)
  if (drop.opensAt !== null) return say(`${title} was called off, so it does not open.`)
  const state = shelfState(drop)
  return state === null
    ? say(`${title} is open already.`, 'mint', rows(button('Buy now', ['buy', drop.dropId], 'primary')))
    : say(`${title} has opened already. By now: ${state.toLowerCase()}.`)
}

const titleOf = (drop: DropView) => `**${escapeText(drop.title, 200)}**`
