import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { BROADCASTERS, CHANNELS, PEOPLE } from './cast.ts'
import type { SeenMessage } from './people.ts'
import { createPlayer, findLink, linkOf, type Player, payInBrowser } from './player.ts'
import {
  buy,
  type DropWish,
  joinAsBuilder,
  linkChannel,
  openDrop,
  seeOffer,
  seePrivate,
  tellAbout,
} from './scenes.ts'

const ADDRESSEES: Readonly<Record<string, string>> = {
  [PEOPLE.poppy.id]: 'Poppy Fielding',
  [PEOPLE.wren.id]: 'Wren Hollis',
  [PEOPLE.olive.id]: 'Olive Marsh',
}

/**
 * Fill a new shop by playing it: everything here is done by people in the chat and on the pay page, so the shop that
 * a newcomer finds was made by the same code that they will use. Two builders (Juniper, ready; Moss, whose account
 * Stripe has restricted), drops with pictures that are open, sold out, and still to open, and an order in each state
 * that lasts.
 */
export async function seedShop(options: {
  readonly pageUrl: string
  readonly stripeUrl: string
  /** The local Twitch, where channels are linked and go live; null where there is none. */
  readonly twitchUrl: string | null
  /** Hears one line per finished part. */
  readonly onProgress: (line: string) => void
}): Promise<void> {
  const { pageUrl, stripeUrl, twitchUrl, onProgress } = options
  const player = (name: keyof typeof PEOPLE): Player =>
    createPlayer({ pageUrl, personId: PEOPLE[name].id, channelId: CHANNELS.lounge.id })
  const juniper = player('juniper')
  const moss = player('moss')
  const poppy = player('poppy')
  const wren = player('wren')
  const olive = player('olive')
  await poppy.see('the bot online with its commands', async () => {
    const world = (await (await fetch(`${pageUrl}/people/world`)).json()) as {
      bot: { online: boolean }
      commands: unknown[]
    }
    return (world.bot.online && world.commands.length > 0) || undefined
  })
  await Promise.all([joinAsBuilder(juniper), joinAsBuilder(moss)])
  onProgress('Juniper and Moss joined')
  await Promise.all([
    tellAbout(juniper, STORIES.juniper, 'https://juniper.example/studio'),
    tellAbout(moss, STORIES.moss),
  ])
  onProgress('and told who they are')

  async function candle(): Promise<void> {
    const card = await openDrop(moss, {
      title: 'Pine-needle candle',
      story: 'Beeswax and pine from the wood behind the house. One test pour, one candle.',
      price: '18.00',
      quantity: '1',
      ...(await picture('candle')),
    })
    const poppys = await holdAndLetGo(poppy, card)
    const wrens = await holdAndLetGo(wren, card)
    await buyAndPay(olive, card)
    // Both pages were paid a moment after they were shut: there is no spare candle, so the money goes back.
    await control(`/local/sessions/${poppys}/pay`, { late: true })
    await seePrivate(poppy, /went back|refunded/i)
    // Wren's bank takes its time: this refund stays pending until somebody decides it on the local Stripe's page.
    await control('/local/refunds', { hold: true })
    await control(`/local/sessions/${wrens}/pay`, { late: true })
    await seePrivate(wren, /came too late|too late/i)
    await control('/local/refunds', { hold: false })
    await ship(moss, 'Pine-needle candle', 'Olive', 'Deutsche Post', 'LX 482 114 095 DE')
    const arrivedCard = await seeOffer(olive, /Pine-needle candle/, /It arrived/)
    await restrict(PEOPLE.moss.id)
    await olive.answer(olive.press(arrivedCard, /It arrived/))
    onProgress('a candle that sold, with two payments that came too late and a release that waits for Moss')
  }

  async function mug(): Promise<void> {
    const card = await openDrop(juniper, {
      title: 'Moss-green mug',
      story:
        'Wheel-thrown stoneware, dipped in a moss glaze that breaks over the rim.\nHolds a good big cocoa. Dishwasher safe.',
      price: '24.00',
      quantity: '3',
      ...(await picture('mug')),
    })
    await buy(poppy, card)
    await holdAndLetGo(wren, card)
    onProgress('an open drop of three mugs, one held right now')
  }

  async function scarf(): Promise<void> {
    const card = await openDrop(juniper, {
      title: 'Lavender lambswool scarf',
      story: 'Knitted slowly on a hand frame from undyed and lavender lambswool. Two metres, fringed.',
      price: '64.00',
      quantity: '4',
      ...(await picture('scarf')),
    })
    await buyAndPay(poppy, card)
    await buyAndPay(wren, card)
    await ship(juniper, 'Lavender lambswool scarf', 'Wren', 'Royal Mail', 'RM 918 273 645 GB')
    onProgress('a scarf to ship and one on its way')
  }

  async function print(): Promise<void> {
    const card = await openDrop(juniper, {
      title: 'Evening hills, riso print',
      story: 'Four colours, A3, signed and numbered on the back. Printed in one afternoon; two were perfect.',
      price: '32.00',
      quantity: '2',
      ...(await picture('print')),
    })
    await buyAndPay(poppy, card)
    await buyAndPay(wren, card)
    await ship(juniper, 'Evening hills', 'Wren', 'USPS', '9400 1000 0000 0000 0000 00')
    const onItsWay = await seeOffer(wren, /Evening hills/, /It arrived/)
    await wren.answer(wren.press(onItsWay, /It arrived/))
    onProgress('a sold-out print, arrived and paid out')
  }

  async function wreath(): Promise<void> {
    const card = await openDrop(juniper, {
      title: 'Dried-flower wreath',
      story: 'Bound this week from what the garden kept: strawflowers, lavender, ivy. About 40 cm across.',
      price: '38.00',
      quantity: '5',
      options: { opens_in_hours: 20 },
      ...(await picture('wreath')),
    })
    await poppy.answer(poppy.press(card, /Remind me/))
    onProgress('a wreath that opens tomorrow, of which Poppy wants to be told')
  }

  /** Wren is a maker too. Who wants to see a drop open with a stream sends Wren live, on the local Twitch's page. */
  async function bowl(): Promise<void> {
    await joinAsBuilder(wren)
    await tellAbout(wren, STORIES.wren, 'https://wren-hollis.example')
    await linkChannel(wren, BROADCASTERS.wren.id)
    const card = await openDrop(wren, {
      title: 'Speckled serving bowl',
      story:
        'Straight from the kiln, unpacked on stream: nobody has seen these glazes yet, me included. Wide enough for a salad for six.',
      price: '58.00',
      quantity: '4',
      options: { with_stream: true },
      ...(await picture('bowl')),
    })
    await poppy.answer(poppy.press(card, /Remind me/))
    onProgress('a bowl that opens when Wren goes live')
  }

  async function channels(twitch: string): Promise<void> {
    await linkChannel(juniper, BROADCASTERS.juniper.id)
    await linkChannel(moss, BROADCASTERS.moss.id)
    await post(`${twitch}/local/users/${BROADCASTERS.juniper.id}/live`, {
      title: 'Trimming a batch of moss-green mugs',
      game: 'Makers & Crafting',
    })
    await juniper.see('the announcement in #live', async () =>
      (await juniper.messages(CHANNELS.live.id)).at(-1),
    )
    onProgress('Juniper is live on Twitch and verified; Moss has linked a channel and was not live yet')
  }

  /** Somebody else may be letting a unit go at this moment: press until one is free, as a person would. */
  function hold(buyer: Player, card: SeenMessage): Promise<SeenMessage> {
    return buyer.see('a unit to hold', async () => {
      const answer = await buy(buyer, card)
      return findLink(answer, /Pay/) ? answer : undefined
    })
  }

  async function buyAndPay(buyer: Player, card: SeenMessage): Promise<void> {
    const held = await hold(buyer, card)
    const paid = await payInBrowser(linkOf(held, /Pay/), undefined, {
      name: ADDRESSEES[buyer.id] ?? 'Sam Example',
    })
    if (paid.status !== 200) throw new Error(`Paying ended at ${paid.url} with ${paid.status}.`)
  }

  /** Answers the id of the Stripe session that is being shut. */
  async function holdAndLetGo(buyer: Player, card: SeenMessage): Promise<string> {
    const held = await hold(buyer, card)
    const session = await buyer.see('the pay page', async () => {
      const { url } = await fetch(linkOf(held, /Pay/))
      return /\/c\/pay\/(cs_\w+)/.exec(url)?.[1]
    })
    await buyer.answer(buyer.press(held, /Let it go/))
    return session
  }

  async function ship(
    builder: Player,
    title: string,
    buyerName: string,
    carrier: string,
    tracking: string,
  ): Promise<void> {
    const sale = await seeOffer(
      builder,
      new RegExp(`(?=[\\s\\S]*${title})(?=[\\s\\S]*${buyerName})`),
      /Mark shipped/,
    )
    const form = await builder.press(sale, /Mark shipped/)
    await builder.answer(builder.submit(form, { carrier, tracking }))
  }

  async function restrict(builderId: string): Promise<void> {
    const { accounts } = (await (await fetch(`${stripeUrl}/local/summary`)).json()) as {
      accounts: { id: string; metadata?: Record<string, string> }[]
    }
    const account = accounts.find(({ metadata }) => metadata?.builder_id === builderId)
    if (!account) throw new Error('the builder has no account')
    await control(`/local/accounts/${account.id}`, { transfers: 'inactive' })
  }

  const control = (path: string, body: object) => post(stripeUrl + path, body)

  async function post(url: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${new URL(url).pathname}: ${await response.text()}`)
  }

  await Promise.all([scarf(), print(), candle()])
  await wreath()
  if (twitchUrl) await Promise.all([bowl(), channels(twitchUrl)])
  // Last, so that it is the first thing a newcomer sees in #drops.
  await mug()
  // Nobody wants to find the private answers of hours ago.
  await Promise.all([juniper, moss, poppy, wren, olive].map((person) => person.dismiss()))
}

const STORIES = {
  juniper: `I work in a garden shed with one wheel, one knitting frame and a very patient cat. Clay in the mornings while the light is good, wool in the evenings by the stove.

Every piece is made in a small batch and signed underneath. If the glaze ran in a funny way, I tell you before you buy; some people come back for exactly those.

Parcels go out on Tuesdays and Fridays, wrapped in paper and straw. Nothing in them is plastic.`,
  moss: `My grandmother kept bees behind this house, and now I do. Their wax becomes candles, scented with what grows in the wood: pine, a little smoke, sometimes nothing at all.

I pour in the evening and let them rest for three weeks, because a candle that has rested burns slower. Send the jar back when it is empty and I fill it again.`,
  wren: `For years I bought other people's bowls. Then I took one evening class, and the kitchen table has not been free of clay since.

I fire once a month and open the kiln on stream, so you see each piece in the same minute as I do. Bowls are for using: mine go into the dishwasher and survive my children.`,
} as const

/** What each drawing in seed/ shows. */
const DRAWINGS = {
  mug: 'A green mug with a bare clay foot, full of cocoa and steaming, on a wooden table beside a tiny potted plant.',
  scarf:
    'A lavender scarf with a zigzag pattern, pink stripes and a fringe, hung over a wooden rail. Under it lies a ball of pink wool with two needles.',
  candle:
    'A burning candle in a copper-coloured jar with a green sprig on its label. A few leaves and a small pine cone lie beside it.',
  print:
    'A framed print: violet hills and dark firs under a pink evening sky, with a pale sun and two birds. Signed at the bottom.',
  wreath:
    'A round wreath of brown twigs with green leaves, pink flowers and lavender, hung up with a pink bow.',
  bowl: 'A wide blue bowl with dark speckles and a paler glaze running down from its rim, on a wooden table next to two yellow fruits.',
} as const

async function picture(
  name: keyof typeof DRAWINGS,
): Promise<Required<Pick<DropWish, 'picture' | 'pictureShows'>>> {
  const drawing = await readFile(join(import.meta.dirname, 'seed', `${name}.svg`))
  const bytes = await sharp(drawing).resize(1_200).jpeg({ quality: 88 }).toBuffer()
  const file = new File([new Uint8Array(bytes)], `${name}.jpg`, { type: 'image/jpeg' })
  return { picture: file, pictureShows: DRAWINGS[name] }
}
