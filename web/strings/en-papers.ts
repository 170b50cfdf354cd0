import { html } from 'hono/html'

/** A page that is only read: the same for everybody, with nothing of the shop's state in it. */
export interface Paper {
  readonly title: string
  readonly description: string
  readonly drawing: 'mug' | 'letter'
  readonly heading: string
  readonly lead: string
  readonly parts: readonly PaperPart[]
}

interface PaperPart {
  /** Where a link may lead. */
  readonly id: string
  readonly heading: string
  readonly body: Piece
  /** A part that stands out has a drawing beside it. */
  readonly drawing?: 'jar'
}
type Piece = ReturnType<typeof html>

/** Who answers for the shop: told on each of the pages below, and in short under every page. */
export const operator = {
  heading: 'Who runs this shop',
  runBy: (name: Piece) => html`Run by ${name}`,
  is: (name: Piece) => html`This shop is run by ${name}.`,
  contact: (contact: Piece) => html`You reach them here: ${contact}`,
  noContact: 'You reach them in Discord.',
  unknown:
    'Whoever runs this shop has not said here who they are yet. Please ask in Discord before you buy or sell.',
}

export const about: Paper = {
  title: 'How it works, C500 Collective',
  description:
    'Who we are, how your money is held until it arrives, what it costs, and what happens when something goes wrong.',
  drawing: 'mug',
  heading: 'A few makers, one shelf',
  lead: 'C500 Collective is a Discord community of makers. We make things by hand, a few at a time, and sell them to each other and to you.',
  parts: [
    {
      id: 'drops',
      heading: 'What a drop is',
      body: html`<p>A drop is a fixed number of one thing, with one price and a closing time. When every one is sold, or the time is up, it is over. Nothing is sold twice: while one is held for you, nobody else can buy it.</p>
<p>Some drops open later, or when their builder goes live. Until then nobody can hold one, and Remind me in Discord tells you when it opens.</p>
<p>When all are held, Get in line in Discord keeps your place: one that comes back is held for whoever has waited longest.</p>`,
    },
    {
      id: 'held',
      drawing: 'jar',
      heading: 'How your money is held',
      body: html`<p>You pay on Stripe’s page. Your money stays with the collective and is held until it arrives: when you press It arrived, or on the day that your order names, the builder’s share goes to them. Every movement is written into a ledger that must balance to the cent.</p>
<p>For some builders whom the collective trusts, the payment is passed on at once. Their drops say so.</p>`,
    },
    {
      id: 'fees',
      heading: 'What it costs',
      body: html`<p>The price you see is the price you pay. The collective keeps a fee from the builder’s side. The builder sees both amounts before a drop goes live, and they are fixed on your order from the moment it is held.</p>`,
    },
    {
      id: 'live',
      heading: 'What “verified live” says',
      body: html`<p>The builder linked a Twitch channel, and Twitch has told us that it was really live. The badge names the day it is good until. It says who somebody is, and nothing about what they sell.</p>`,
    },
    {
      id: 'wrong',
      heading: 'When something goes wrong',
      body: html`<dl class="answers">
<div><dt>You did not pay in time</dt><dd>The hold ends by itself and the unit goes back on the shelf. Nothing is charged.</dd></div>
<div><dt>You paid a moment too late</dt><dd>If the unit is gone when your payment comes in, all of it goes back to your card, without a word from you.</dd></div>
<div><dt>You paid and the page did not answer</dt><dd>Your payment does not depend on this page. We write to you in Discord when it is confirmed, and <code>/c500 profile</code> always shows how it stands.</dd></div>
<div><dt>It does not come, or it is broken</dt><dd>Do not press It arrived. Say in Discord that something is wrong: held money then stays where it is, the builder answers, and a person decides if you two do not agree.</dd></div>
</dl>`,
    },
  ],
}

export const terms: Paper = {
  title: 'Terms, C500 Collective',
  description: 'What you agree to when you buy or sell here, in plain words.',
  drawing: 'letter',
  heading: 'Terms',
  lead: 'What you agree to when you buy or sell here, in plain words.',
  parts: [
    {
      id: 'who',
      heading: 'Who sells',
      body: html`<p>Every drop names its builder. You buy from that builder; the collective runs the shop, takes the payment through Stripe and holds it.</p>`,
    },
    {
      id: 'buying',
      heading: 'Buying',
      body: html`<p>Pressing Buy now in Discord holds one for you until the time that is shown. That costs nothing. You have bought it when Stripe has confirmed your payment. If you do not pay in time, the hold ends by itself.</p>
<p>The price you see is the price you pay. There is a fixed number of each thing and a most per person, and both hold for everybody.</p>
<p>We never ask for money in a message. Whoever does is not selling through this shop.</p>`,
    },
    {
      id: 'money',
      heading: 'Your money',
      body: html`<p>Your payment is held by the collective until you say that the thing arrived. If you say nothing, the builder’s share is released on the day that your order names. Payments can be held for a limited time only; your order names that day, too, and what happens then.</p>
<p>For some builders whom the collective trusts, the payment is passed on when you pay. Their drops say so before you buy.</p>`,
    },
    {
      id: 'wrong',
      heading: 'When something is wrong',
      body: html`<p>Say so in Discord before you press It arrived. That opens a case: the builder answers, and an operator decides if you two do not agree. Held money stays where it is until then. It can go back to you in whole or in part, or on to the builder.</p>
<p>Money goes back the way it came. A payment that comes too late, when the thing is gone, goes back whole and by itself.</p>
<p>What the law gives you as a buyer stays yours. Nothing here takes it away.</p>`,
    },
    {
      id: 'selling',
      heading: 'Selling',
      body: html`<p>You sell what you made, as you describe it, and ship it to the address on the order. The collective keeps a fee of each sale. You see it before a drop goes live, and it is fixed on each order from the moment that one is held.</p>
<p>Your share goes to your own Stripe account. Refunds that come after that are taken back from there, or from what is sent next.</p>
<p>“Verified live” says that Twitch has seen the channel that you linked live. It says nothing about what you sell.</p>
<p>An operator may pause or suspend a builder, and says why. What is paid already is looked after.</p>`,
    },
    {
      id: 'changes',
      heading: 'Changes',
      body: html`<p>When these terms change, orders that began before keep the terms they began with.</p>`,
    },
  ],
}

export const privacy: Paper = {
  title: 'Privacy, C500 Collective',
  description: 'What this shop stores about you, where, and for how long.',
  drawing: 'letter',
  heading: 'Privacy',
  lead: 'We store what the shop needs to work, and nothing to watch you with. No advertising, no counting of visitors, and nothing on these pages is loaded from anybody else.',
  parts: [
    {
      id: 'looking',
      heading: 'When you only look',
      body: html`<p>No cookie is set. For each page, our log keeps which kind of page was asked for, how long the answer took and whether it went well: not your address on the internet, not your browser, not the secret part of a link. Whoever runs the machine may keep a log of their own in front of it.</p>`,
    },
    {
      id: 'cookies',
      heading: 'Cookies',
      body: html`<p>There are three, all for logging in, and no script can read them.</p>
<dl class="answers">
<div><dt><code>c500_session</code></dt><dd>Says who you are, after you logged in with Discord. It is good for 30 days, or until you log out.</dd></div>
<div><dt><code>c500_login</code></dt><dd>Makes sure that the browser that began to log in is the one that comes back. It is gone after ten minutes.</dd></div>
<div><dt><code>c500_twitch</code></dt><dd>The same, while a builder links a Twitch channel.</dd></div>
</dl>`,
    },
    {
      id: 'login',
      heading: 'When you log in',
      body: html`<p>We ask Discord who you are, and are told your Discord number and name. We cannot read your messages or see your servers, and the key that Discord gives us for that one question is thrown away.</p>`,
    },
    {
      id: 'buying',
      heading: 'When you buy',
      body: html`<p>Each order keeps your Discord number and name, what you bought and from whom, the amounts, when what happened, and Stripe’s numbers for the payment. Your card is seen by Stripe only.</p>
<p>Stripe’s page asks where the parcel should go, and tells us. The builder sees that address while they have to ship and until it arrived. So do the carrier and nobody else.</p>
<p>If you ask to be told of an opening, or get in line for what comes back, that is kept until you were told, or leave the line.</p>`,
    },
    {
      id: 'selling',
      heading: 'When you sell',
      body: html`<p>We keep your Discord number and name, your drops, the number of your Stripe account, whether it can be paid, and what Stripe still asks for. Your papers and bank details stay with Stripe.</p>
<p>If you link a Twitch channel, we keep its number and names, when Twitch last saw it live, and the title and category of a stream. We keep no key to it. Unlink it, and it is taken off your account.</p>
<p>Pictures are made anew before they are stored: where and with what they were taken is not kept.</p>`,
    },
    {
      id: 'cases',
      heading: 'When something goes wrong',
      body: html`<p>What you write and the pictures you send in a case are read by the other side and by operators. If your bank asks about a payment, the facts of the order and the case may be sent to it through Stripe.</p>`,
    },
    {
      id: 'where',
      heading: 'Who else knows',
      body: html`<p>Discord carries the messages, Stripe the payments, and Twitch tells us of streams. Each has privacy rules of its own. We sell and give nothing to anybody else.</p>`,
    },
    {
      id: 'long',
      heading: 'For how long',
      body: html`<p>Orders, cases and the ledger are the shop’s books and are kept. Drafts that were never published are forgotten after 90 days, what Stripe and Twitch told us after 60, and links for logging in within minutes.</p>`,
    },
    {
      id: 'rights',
      heading: 'Your say',
      body: html`<p>Write to an operator in Discord to hear what is stored about you, or to have it corrected or removed. What belongs to the books stays for as long as the law wants books to be kept.</p>`,
    },
  ],
}
