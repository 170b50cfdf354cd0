import { html } from 'hono/html'

/** A piece of a page that goes into a sentence: a time, a name, a link. */
type Piece = ReturnType<typeof html>

/** English. Whoever adds a language writes one more of these; the compiler names what is missing. */
export const en = {
  brand: 'C500 Collective',

  frame: {
    skip: 'Skip to the content',
    main: 'Main',
    drops: 'All drops',
    about: 'How it works',
    join: 'Join us in Discord',
    motto: 'Made by hand, in small numbers. Your money is held until it arrives.',
    more: 'More',
    home: 'Home',
    wrong: 'When something goes wrong',
  },

  shelf: {
    sold_out: 'Sold out',
    closed: 'Closed',
    paused: 'Paused for now',
    all_held: 'All held right now',
    open: (available: number, quantity: number) => `${available} of ${quantity} left`,
  },

  card: {
    by: (name: Piece) => html`by ${name}`,
    closes: (at: Piece) => html`Closes ${at}`,
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
    ] as const,
    after: 'How the money is held, and what happens when something goes wrong',
    soldOut: 'Recently sold out',
    allDrops: 'See every drop, and search them',
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
  },
}

export type Words = typeof en
