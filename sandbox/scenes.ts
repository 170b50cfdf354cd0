import { type Browser, createBrowser, formOf, type Visited } from './browser.ts'
import { CHANNELS } from './cast.ts'
import type { SeenMessage } from './people.ts'
import { buttonsOf, linkOf, type Player, textOf } from './player.ts'

/** What people do in the shop again and again, told once: the seed, the journey and the tests play these. */

/** Join as a builder and go through Stripe's onboarding in a browser; `leave` turns round before the end. */
export async function joinAsBuilder(builder: Player, ending: 'finish' | 'leave' = 'finish'): Promise<string> {
  const answer = await builder.answer(builder.c500('join'))
  const start = linkOf(answer, /./)
  const onboarding = await fetch(start, { method: 'POST' })
  const back = await fetch(onboarding.url, { method: 'POST', body: new URLSearchParams({ action: ending }) })
  if (!back.ok) throw new Error(`Onboarding ended at ${back.url} with ${back.status}.`)
  return back.url
}

/** Tell everybody of oneself, from the own profile. Answers the profile as it stands then. */
export async function tellAbout(builder: Player, about: string, link = ''): Promise<SeenMessage> {
  const profile = await builder.answer(builder.c500('profile'))
  const form = await builder.press(profile, /^Your story/)
  return builder.answer(builder.submit(form, { about, link }))
}

export interface DropWish {
  readonly title: string
  readonly story?: string
  readonly price?: string
  readonly quantity?: string
  readonly options?: Readonly<Record<string, number | boolean>>
  readonly picture?: File
  /** What it shows, for those who cannot see it. */
  readonly pictureShows?: string
}

/**
 * Fill in and send the drop form, and describe its picture. Answers the private preview, or the sentence about what is
 * wrong.
 */
export async function draftDrop(builder: Player, wish: DropWish): Promise<SeenMessage> {
  const opened = await builder.c500('drop', wish.options ?? {})
  const values = {
    title: wish.title,
    story: wish.story ?? 'Wheel-thrown, glazed by hand.',
    price: wish.price ?? '24.00',
    quantity: wish.quantity ?? '3',
  }
  const preview = await builder.answer(
    builder.submit(opened, values, wish.picture ? { picture: wish.picture } : {}),
  )
  return wish.pictureShows === undefined ? preview : describePicture(builder, preview, wish.pictureShows)
}

/** Say what the picture of a draft shows. Answers its preview. */
export async function describePicture(
  builder: Player,
  preview: SeenMessage,
  description: string,
): Promise<SeenMessage> {
  const form = await builder.press(preview, /^Describe the picture/)
  return builder.answer(builder.submit(form, { description }))
}

/** Draft, publish, and wait for the public card. */
export async function openDrop(builder: Player, wish: DropWish): Promise<SeenMessage> {
  const preview = await draftDrop(builder, wish)
  await builder.answer(builder.press(preview, /^Publish/))
  return builder.see(`the card of ${wish.title}`, async () =>
    (await builder.messages(CHANNELS.drops.id)).findLast((message) => textOf(message).includes(wish.title)),
  )
}

/** A public card as it stands now, once it reads as wanted. */
export function seeCard(player: Player, card: SeenMessage, reads: RegExp): Promise<SeenMessage> {
  return player.see(`a card that reads ${reads}`, async () => {
    const found = (await player.messages(card.channel_id)).find(({ id }) => id === card.id)
    return found && reads.test(textOf(found)) ? found : undefined
  })
}

/** Press Buy now; answers what the buyer is told privately. */
export function buy(buyer: Player, card: SeenMessage): Promise<SeenMessage> {
  return buyer.answer(buyer.press(card, /^Buy now/))
}

/** The newest private message that reads as wanted. */
export function seePrivate(player: Player, reads: RegExp): Promise<SeenMessage> {
  return player.see(`a private message that reads ${reads}`, async () =>
    (await player.privateMessages()).findLast((message) => reads.test(textOf(message))),
  )
}

/** The newest private message that reads as wanted and offers this step. */
export function seeOffer(player: Player, reads: RegExp, label: RegExp): Promise<SeenMessage> {
  return player.see(`a private message that reads ${reads} and offers ${label}`, async () =>
    (await player.privateMessages()).findLast(
      (message) =>
        reads.test(textOf(message)) &&
        buttonsOf(message).some((button) => 'label' in button && label.test(button.label ?? '')),
    ),
  )
}

/** Log in on the shop's web as Discord's consent page offers it; `deny` turns back there. Ends where the login leads. */
export async function logIn(browser: Browser, address: string, personId: string | 'deny'): Promise<Visited> {
  const { action, fields } = formOf(await browser.get(address))
  return browser.submit(action, {
    ...fields,
    ...(personId === 'deny' ? { deny: 'yes' } : { person: personId }),
  })
}

/**
 * Link a Twitch channel as a builder does: the private link from Discord, a login, Twitch's page, and back. Ends on the
 * page that says what holds now.
 */
export async function linkChannel(
  builder: Player,
  broadcasterId: string,
  browser = createBrowser(),
): Promise<Visited> {
  const link = linkOf(await builder.answer(builder.c500('link-twitch')), /Link/)
  const first = await browser.get(link)
  const login = /href="(\/login\?next=[^"]*)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&')
  const page = login ? await logIn(browser, new URL(login, first.url).href, builder.id) : first
  const atTwitch = await browser.submit(formOf(page).action)
  const { action, fields } = formOf(atTwitch)
  return browser.submit(action, { ...fields, user: broadcasterId })
}
