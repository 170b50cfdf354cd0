import { join } from 'node:path'
import { styleText } from 'node:util'
import sharp from 'sharp'
import { createBrowser } from './browser.ts'
import { BROADCASTERS, CHANNELS, PEOPLE } from './cast.ts'
import { startSpareShop } from './launch/spare-shop.ts'
import { createPlayer, linkOf, type Player, payInBrowser, textOf } from './player.ts'
import { readFlags } from './read-flags.ts'
import {
  buy,
  describePicture,
  draftDrop,
  joinAsBuilder,
  linkChannel,
  seeCard,
  seeOffer,
  seePrivate,
} from './scenes.ts'

// `npm run journey`: the shop's whole story in a terminal, over the same wires as a person in the chat page.
// `--json` prints one object per step and a last one with the result.
const flags = readFlags('npm run journey [-- --json]', { json: { type: 'boolean', default: false } })

interface Summary {
  readonly balance: Record<'available' | 'pending', { amount: number; currency: string }[]>
  readonly transfers: { id: string; amount: number; destination: string; metadata: Record<string, string> }[]
  readonly sessions: { status: string; payment_status: string }[]
}

let steps = 0
function tell(step: string, detail: string): void {
  steps++
  const line = detail.replace(/\s+/g, ' ').slice(0, 160)
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ step, detail: line })}\n`
      : `${styleText('green', '✓')} ${styleText('bold', step)}\n  ${styleText('dim', line)}\n`,
  )
}

function expect(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence)
}

const dollars = (amount: number) => `$${(amount / 100).toFixed(2)}`

async function play({
  page: pageUrl,
  stripe: stripeUrl,
  twitch: twitchUrl,
}: {
  readonly page: string
  readonly stripe: string
  readonly twitch: string
}): Promise<Record<string, number>> {
  const player = (name: keyof typeof PEOPLE): Player =>
    createPlayer({ pageUrl, personId: PEOPLE[name].id, channelId: CHANNELS.lounge.id })
  const juniper = player('juniper')
  const poppy = player('poppy')
  const wren = player('wren')

  const returned = await joinAsBuilder(juniper)
  tell(
    'Juniper joins and finishes Stripe onboarding',
    `came back to ${new URL(returned).pathname.split('/').slice(0, 3).join('/')}`,
  )

  const sorry = await draftDrop(juniper, { title: 'Moss-green mug', price: 'twelve' })
  expect(/price/i.test(textOf(sorry)), `A price in words should get a sentence, not: ${textOf(sorry)}`)
  const again = await juniper.press(sorry, /Fix/)
  expect(
    again.result === 'modal' && JSON.stringify(again.modal).includes('Moss-green mug'),
    'What was typed should be kept.',
  )
  tell('A price in words is answered kindly, and nothing typed is lost', textOf(sorry))

  const drawing = await sharp(join(import.meta.dirname, 'seed', 'mug.svg'))
    .resize(1_200)
    .jpeg()
    .toBuffer()
  const picture = new File([new Uint8Array(drawing)], 'mug.jpg', { type: 'image/jpeg' })
  const values = { title: 'Moss-green mug', story: 'Wheel-thrown.', price: '24.00', quantity: '3' }
  const preview = await juniper.answer(juniper.submit(again, values, { picture }))
  expect(preview.onlyFor === juniper.id, 'Only the builder may see the preview.')
  tell('The form is mended; a preview only Juniper sees', textOf(preview))

  const shows = 'A green mug, full of cocoa and steaming, on a wooden table.'
  const described = await describePicture(juniper, preview, shows)
  expect(textOf(described).includes(shows), 'The preview should say what the picture shows.')
  tell('Juniper says what the picture shows, for those who cannot see it', shows)

  await juniper.answer(juniper.press(described, /^Publish/))
  const card = await poppy.see('the card in #drops', async () =>
    (await poppy.messages(CHANNELS.drops.id)).at(-1),
  )
  expect(/3 of 3 left/.test(textOf(card)), 'The card should say 3 of 3 left.')
  expect(card.embeds[0]?.image?.description === shows, 'The card should have its picture, and its words.')
  tell('The card is in #drops', textOf(card))

  const held = await buy(poppy, card)
  expect(
    held.onlyFor === poppy.id && /Held for you until/.test(textOf(held)),
    'Poppy should hold one privately.',
  )
  await seeCard(wren, card, /2 of 3 left/)
  tell('Poppy presses Buy now', textOf(held))

  const wrens = await buy(wren, card)
  await seeCard(poppy, card, /1 of 3 left/)
  await wren.answer(wren.press(wrens, /Let it go/))
  await seeCard(poppy, card, /2 of 3 left/)
  tell('Wren holds one, lets it go, and it is back on the shelf', 'Stripe shut the pay page first')

  const declined = await payInBrowser(linkOf(held, /Pay/), '4000 0000 0000 0002')
  expect(declined.status === 402 && /declined/i.test(declined.text), 'The card should be declined.')
  tell('A declined card stays on the pay page', 'Your card was declined.')

  const paid = await payInBrowser(linkOf(held, /Pay/))
  expect(paid.status === 200 && new URL(paid.url).pathname === '/success', `Paying ended at ${paid.url}`)
  const bought = await seePrivate(poppy, /held until it arrives/i)
  tell('Poppy pays and is told', textOf(bought))

  const sale = await seeOffer(juniper, /Moss-green mug/, /Mark shipped/)
  const form = await juniper.press(sale, /Mark shipped/)
  await juniper.answer(juniper.submit(form, { carrier: 'Royal Mail', tracking: 'RM 123 456 785 GB' }))
  tell('Juniper ships it', 'Royal Mail, RM 123 456 785 GB')

  const onItsWay = await seeOffer(poppy, /Moss-green mug/, /It arrived/)
  const before = (await summary(stripeUrl)).transfers.length
  expect(before === 0, 'Nothing may be transferred before it arrived.')
  await poppy.answer(poppy.press(onItsWay, /It arrived/))
  const { transfers, balance, sessions } = await juniper.see('the transfer', async () => {
    const now = await summary(stripeUrl)
    return now.transfers.length > 0 ? now : undefined
  })
  expect(transfers.length === 1 && transfers[0]?.amount === 2_280, 'Exactly one transfer of $22.80.')
  tell('Poppy says it arrived; the share goes to Juniper', `${transfers[0]?.id} of ${dollars(2_280)}`)
  await seePrivate(juniper, /22\.80/)

  const dashboard = await juniper.see('the released money on the dashboard', async () => {
    const shown = await juniper.answer(juniper.c500('dashboard'))
    return /22\.80/.test(textOf(shown)) ? shown : undefined
  })
  tell("Juniper's dashboard", textOf(dashboard))
  const profile = await poppy.answer(poppy.c500('profile'))
  expect(/Arrived/.test(textOf(profile)), 'The profile should show the order as arrived.')
  tell("Poppy's profile", textOf(profile))

  const linked = await linkChannel(juniper, BROADCASTERS.juniper.id)
  expect(/Your channel is linked/.test(linked.text), `Linking ended at ${linked.url}`)
  tell('Juniper links her Twitch channel', 'by a private link, a login, and a page of Twitch')
  const another = await juniper.answer(juniper.c500('link-twitch'))
  const stranger = await createBrowser().get(linkOf(another, /Link my channel/))
  expect(!/Continue to Twitch/.test(stranger.text), 'A link that was passed on must lead nobody to Twitch.')
  tell('A link that was passed on links nobody', 'it asks first: is this you?')

  const later = await draftDrop(juniper, { title: 'Blue bowl', options: { with_stream: true } })
  await juniper.answer(juniper.press(later, /^Publish/))
  const waiting = await poppy.see('the card that waits', async () =>
    (await poppy.messages(CHANNELS.drops.id)).find((message) => /Blue bowl/.test(textOf(message))),
  )
  expect(/Not open yet/.test(textOf(waiting)), 'Nobody may buy before Juniper is live.')
  tell('A drop waits for her to go live', textOf(waiting))

  await goLive(twitchUrl)
  const news = await poppy.see('the announcement in #live', async () =>
    (await poppy.messages(CHANNELS.live.id)).find((message) => /Glazing/.test(textOf(message))),
  )
  tell('Juniper goes live, and #live says so with her title', textOf(news))
  const opened = await poppy.see('the drop on sale', async () =>
    (await poppy.messages(CHANNELS.drops.id)).find(
      (message) => /Blue bowl/.test(textOf(message)) && /On the shelf/.test(textOf(message)),
    ),
  )
  tell('And the drop that waited is on sale', textOf(opened))
  const badge = await poppy.answer(poppy.c500('verify', { member: juniper.id }))
  expect(/builder of this collective[\s\S]*Verified live/.test(textOf(badge)), 'Juniper should be verified.')
  expect((await poppy.messages(CHANNELS.live.id)).length === 1, 'One stream is announced once.')
  tell('Is this really her? Poppy asks, and reads a dated badge', textOf(badge))

  const atStripe = [...balance.available, ...balance.pending].reduce((sum, { amount }) => sum + amount, 0)
  const stripeFee = 2_400 - 2_280 - atStripe
  expect(sessions.filter(({ status }) => status === 'open').length === 0, 'No pay page may be left open.')
  return { paid: 2_400, builder: 2_280, collective: 120, stripe_fee: stripeFee, left_at_stripe: atStripe }
}

async function goLive(twitchUrl: string): Promise<void> {
  const response = await fetch(`${twitchUrl}/local/users/${BROADCASTERS.juniper.id}/live`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Glazing mugs', game: 'Makers & Crafting' }),
  })
  expect(response.ok, 'Juniper could not go live.')
}

async function summary(stripeUrl: string): Promise<Summary> {
  return (await (await fetch(`${stripeUrl}/local/summary`)).json()) as Summary
}

const startedAt = performance.now()
try {
  if (!flags.json) process.stdout.write('Starting a shop of its own …\n')
  await using shop = await startSpareShop({
    env: { LOG_LEVEL: 'warn', BOT_TRANSPORT: process.env.BOT_TRANSPORT },
  })
  const money = await play({ ...shop.plan.urls, page: shop.pageUrl })
  const seconds = Number(((performance.now() - startedAt) / 1_000).toFixed(1))
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ ok: true, steps, seconds, money_minor_units: money })}\n`)
  } else {
    const rows = Object.entries(money).map(
      ([name, amount]) => `  ${name.padEnd(16)}${dollars(amount).padStart(8)}`,
    )
    process.stdout.write(
      `\nThe money\n${rows.join('\n')}\n\n${steps} steps in ${seconds} s. All of it true.\n`,
    )
  }
} catch (error) {
  process.exitCode = 1
  const reason = error instanceof Error ? error.message : String(error)
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok: false, steps, reason })}\n`)
  else process.stderr.write(`${styleText('red', '✗')} ${reason}\n`)
}
