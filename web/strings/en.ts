import { html } from 'hono/html'
import { connect } from './en-connect.ts'
import { linkTwitch } from './en-link-twitch.ts'
import { order } from './en-order.ts'
import { about, operator, privacy, terms } from './en-papers.ts'
import { problems } from './en-problems.ts'
import { receipt } from './en-receipt.ts'
import { statement } from './en-statement.ts'

/** A piece of a page that goes into a sentence: a time, a name, a link. */
type Piece = ReturnType<typeof html>
type Titled = readonly [heading: string, sentence: string]

/** English. Whoever adds a language writes one more of these; the compiler names what is missing. */
export const en = {
  about,
  terms,
  privacy,
  operator,
  order,
  receipt,
  statement,
  connect,
  linkTwitch,
  problems,
  /** To programs, and to whoever types an address by hand. */
  plain: {
    onlyGet: 'This address only answers GET.',
    sayWhich: 'Say which drops the page shows.',
    tooMany: 'Too many pages listen right now. Reload the page to see how things stand.',
    notDrawn: 'This picture cannot be drawn just now. Please ask again in a minute.',
  },
  problem: { home: 'To the front page', reference: 'For us to find it:' },

  brand: 'C500 Collective',

  frame: {
    skip: 'Skip to the content',
    main: 'Main',
    drops: 'All drops',
    about: 'How it works',
    orders: 'Your orders',
    join: 'Join us in Discord',
    back: 'Back to Discord',
    motto: 'Made by hand, in small numbers. Your money is held until it arrives.',
    more: 'More',
    home: 'Home',
    terms: 'Terms',
    privacy: 'Privacy',
    wrong: 'When something goes wrong',
  },

  shelf: {
    sold_out: 'Sold out',
    closed: 'Closed',
    called_off: 'Called off',
    soon: 'Opens soon',
    paused: 'Paused for now',
    all_held: 'All held right now',
    open: (available: string, quantity: string) => `${available} of ${quantity} left`,
    when: {
      closes: (at: Piece) => html`Closes ${at}.`,
      opens: (at: Piece) => html`Opens ${at}.`,
      opensWithStream: (name: Piece, at: Piece) => html`Opens when ${name} goes live, at the latest ${at}.`,
    },
    /** While it runs, and when it has run out. */
    countdown: {
      closes: ['Closes in {time}.', 'Closing now.'],
      opens: ['Opens in {time}.', 'Opening now.'],
      opensWithStream: ['At the latest in {time}.', 'Opening now.'],
    },
  },

  card: {
    by: (name: Piece) => html`by ${name}`,
  },

  channel: {
    verified: 'Verified live',
    live: 'Live now',
    onTwitch: (name: Piece) => html`${name} on Twitch`,
    liveSince: (at: Piece, title: Piece | null | '') =>
      html`On air since ${at}${title ? html`: ${title}` : '.'}`,
    verifiedUntil: (at: Piece) => html`Twitch has seen this channel live. The badge is good until ${at}.`,
    notVerified: 'Linked by the builder. Twitch has not told us of a stream lately.',
  },

  stale: (since: Piece) =>
    html`We cannot look at the shelf right now. This is how it stood ${since}. Nothing you hold or paid is lost.`,

  home: {
    title: 'C500 Collective: handmade things, in small numbers',
    description:
      'A Discord community of makers who sell limited drops. Press Buy now in Discord; your money is held until it arrives.',
    eyebrow: 'A collective of makers in Discord',
    heading: 'Handmade things, in small numbers',
    lead: 'Builders show what they made. You press Buy now in Discord, one is held for you while you pay, and your money is held until it arrives.',
    seeDrops: 'See what is on sale',
    onSale: 'On sale now',
    empty: 'The shelf is empty just now',
    emptyLead: 'New drops are announced in Discord first, with a fixed number and a closing time.',
    how: 'How it works',
    steps: [
      ['Press Buy now', 'In Discord, one press takes one off the shelf and holds it for you while you pay.'],
      ['Pay, and it is held', 'You pay on Stripe’s page. Your money is held until it arrives.'],
      ['Say it arrived', 'The builder ships. When you press It arrived, their share goes to them.'],
    ] satisfies Titled[],
    after: 'How the money is held, and what happens when something goes wrong',
    soon: 'Opening soon',
    soldOut: 'Recently sold out',
    allDrops: 'See every drop, and search them',
  },

  /** On the pictures that chats show beside a link. */
  social: {
    something: 'Something made by hand',
    /** Goes before a builder's name. */
    by: 'by',
    somebody: 'one of our makers',
    builder: 'One of our makers',
    opens: (at: string) => `Opens ${at}`,
    opensBy: (at: string) => `Opens by ${at}`,
    drops: (count: number) => (count === 1 ? '1 drop' : `${count} drops`),
    sold: (count: number) => (count === 1 ? '1 found a home' : `${count} found a home`),
    home: 'A window sill with a plant, a mug, a parcel and a ball of yarn',
  },

  feeds: {
    calendar: (of: string) => `Openings of ${of}`,
    item: (title: string, builder: string) => `${title} by ${builder}`,
    opens: (title: string, builder: string) => `${title} by ${builder} opens`,
    withStream: (builder: string) => `Opens sooner if ${builder} goes live before.`,
    pieces: (count: number) => (count === 1 ? '1 piece' : `${count} pieces`),
  },

  drops: {
    title: 'All drops, C500 Collective',
    description:
      'Everything on the shelf, what comes soon, and what found a home. Search by name, story or builder.',
    heading: 'All drops',
    lead: 'Everything on the shelf, what comes soon, and what found a home.',
    search: 'Search',
    searchIn: 'Look for a thing, a story or a builder',
    order: 'Order',
    orders: {
      newest: 'Newest first',
      ending: 'Closing soonest',
      cheapest: 'Lowest price',
      dearest: 'Highest price',
    },
    which: 'Which drops',
    filters: { all: 'Everything', open: 'On sale', soon: 'Soon', sold_out: 'Sold out' },
    found: (count: number, text: string) =>
      `${count === 1 ? '1 drop' : `${count} drops`}${text ? ` for “${text}”` : ''}`,
    clear: 'Clear the search',
    none: {
      all: 'Nothing on the shelf yet',
      open: 'Nothing is on sale just now',
      soon: 'Nothing is announced just now',
      sold_out: 'Nothing has sold out yet',
    },
    noneLead: 'New drops are announced in Discord first, with a fixed number and a closing time.',
    noMatch: 'Nothing fits that',
    noMatchLead: 'Try fewer words, or another filter. We look in names, stories and builders.',
    seeAll: 'See every drop',
    pages: 'Pages',
    earlier: 'Page before',
    later: 'Next page',
    pageOf: (page: number, pages: number) => `Page ${page} of ${pages}`,
    /** When there are too many to keep them all. */
    bound: (most: string) =>
      `Here is everything that can still be bought, and the newest ${most} drops that are over.`,
    older: 'Older drops',
    olderTitle: 'Older drops, C500 Collective',
    olderLead: 'What found a home or closed long ago, newest first. These are too many to search.',
    noOlder: 'There is nothing older.',
  },

  drop: {
    title: (title: string, builder: string) => `${title} by ${builder}, C500 Collective`,
    by: (name: Piece) => html`A drop by ${name}`,
    perPerson: (most: number) => (most > 1 ? `Up to ${most} per person.` : 'One per person.'),
    story: 'The story',
    /** A heading and a sentence for each way a drop can stand. */
    buying: {
      soon: [
        'It is not open yet',
        'Nobody can buy one before it opens. Press Remind me under its card in Discord, and we tell you when it does.',
      ],
      open: [
        'Buy it in Discord',
        'Press Buy now under this drop in the drops channel. One is held for you while you pay.',
      ],
      all_held: [
        'Somebody is paying for the last ones',
        'Press Get in line under this drop in Discord. When one comes back, it is held for whoever has waited longest.',
      ],
      paused: [
        'Resting for a moment',
        'Nobody can buy one just now. What is held or paid already stays as it is.',
      ],
      sold_out: ['Every one found a home', 'The next drop is announced in Discord first.'],
      closed: ['This drop has closed', 'Its time was up. The next drop is announced in Discord first.'],
      called_off: ['This drop was called off', 'It did not open, so nobody paid for anything.'],
    } satisfies Record<string, Titled>,
    /** What the button to Discord says. */
    invitations: {
      soon: 'Get reminded in Discord',
      open: 'Buy in Discord',
      all_held: 'Get in line in Discord',
      paused: 'Watch it in Discord',
      sold_out: '',
      closed: '',
      called_off: '',
    },
    others: 'See what is on sale',
    reminders: (count: number) =>
      count === 1 ? 'One person has asked to be told.' : `${count} people have asked to be told.`,
    waiting: (count: number) => (count === 1 ? 'One person waits in line.' : `${count} people wait in line.`),
    promise: {
      on_arrival: 'The price you see is what you pay. Your money is held until it arrives.',
      at_payment: 'The price you see is what you pay. It is passed on to the builder when you pay.',
    },
    money: 'Where your money is',
    way: {
      on_arrival: [
        ['You pay on Stripe’s page.', 'We never see your card.'],
        ['It is held.', 'Your money stays with the collective while the builder packs and ships.'],
        [
          'You say it arrived.',
          'Then the builder’s share goes to them. Say nothing, and it goes on the day that your order names; say that something is wrong, and it stays.',
        ],
      ],
      at_payment: [
        ['You pay on Stripe’s page.', 'We never see your card.'],
        [
          'It is passed on.',
          'The collective trusts this builder, so their share goes to them when you pay. It is not held.',
        ],
        ['Something is wrong?', 'Say so in Discord, and a person looks at it. Money can still go back.'],
      ],
    } satisfies Record<string, Titled[]>,
    moreBy: (name: string) => `More by ${name}`,
  },

  orders: {
    title: 'Your orders, C500 Collective',
    heading: 'Your orders',
    logOut: 'Log out',
    logIn: 'Log in with Discord',
    loginLead:
      'What you hold and what you bought is shown to you alone. Discord tells us who you are, and nothing else.',
    loginElse: 'In Discord, /c500 profile shows the same.',
    none: 'Nothing here yet',
    noneLead: 'What you hold or buy with Buy now in Discord is listed here.',
    pages: 'Pages',
    newest: 'Newest orders',
    older: 'Older orders',
    all: 'All your orders',
  },

  verify: {
    title: 'Is this really them? C500 Collective',
    yes: (name: Piece) => html`Yes, this is ${name}`,
    since: (name: Piece, day: string) => html`${name} is a builder of this collective, since ${day}.`,
    paused: 'Their selling is paused for now. Orders that are paid go on as always.',
    suspended: (name: Piece) => html`${name} is suspended`,
    buyNothing: 'An operator has suspended this builder. Please buy nothing from them.',
    notYet: (name: Piece) => html`${name} cannot sell here yet`,
    notYetLead:
      'They have begun to join. So far nothing of theirs is sold through us, and nothing is held for you.',
    no: 'Not a builder here',
    noLead: 'Whatever this account offers, it is not sold through us, and nothing is held for you.',
    see: (name: Piece) => html`See what ${name} makes`,
    account: (id: Piece) => html`Discord account ${id}.`,
    care: 'Names can be copied, so compare the number. Buy with the Buy now button under a card only: none of us asks for money in a message.',
  },

  builder: {
    title: (name: string) => `${name}, C500 Collective`,
    description: (name: string) =>
      `What ${name} makes: drops on sale, what comes soon, and what found a home.`,
    eyebrow: 'A builder of this collective',
    since: 'With us since',
    drops: 'Drops',
    sold: 'Things that found a home',
    verify: 'Is this really them?',
    about: (name: Piece) => html`About ${name}`,
    /** Goes before an address of the builder's own. */
    more: 'More at',
    standing: {
      paused: 'This builder is not selling for the moment. What is paid already is not touched by that.',
      suspended:
        'An operator has suspended this builder, and nothing of theirs can be bought. What is paid already is looked after.',
    },
    onSale: 'On sale now',
    soon: 'Opening soon',
    past: 'Found a home, or closed',
    empty: 'Nothing on the shelf just now',
    emptyLead: 'New drops are announced in Discord first.',
  },
}

export type Words = typeof en
