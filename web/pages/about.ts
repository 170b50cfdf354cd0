import { html } from 'hono/html'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'

/** Who we are, how money is held, what it costs, and what happens when something goes wrong. */
export function renderAbout(site: Site): Html {
  return renderLayout(site, {
    title: 'About C500 Collective',
    here: '/about',
    shared: {
      path: '/about',
      description:
        'Who we are, how your money is held until it arrives, what it costs, and what happens when something goes wrong.',
    },
    body: html`
<div class="wrap about">
<header class="about__head">
<div>
<p class="eyebrow">About</p>
<h1>A few makers, one shelf</h1>
<p class="lead">C500 Collective is a Discord community of makers. We make things by hand, a few at a time, and sell them to each other and to you.</p>
</div>
${drawing(site, 'mug', 200)}
</header>
<section class="about__part" aria-labelledby="drops">
<h2 id="drops">What a drop is</h2>
<p>A drop is a fixed number of one thing, with one price and a closing time. When every one is sold, or the time is up, it is over. Nothing is sold twice: while one is held for you, nobody else can buy it.</p>
</section>
<section class="about__part about__part--held" aria-labelledby="held">
${drawing(site, 'jar', 120)}
<div>
<h2 id="held">How your money is held</h2>
<p>You pay on Stripe’s page, by card. Your money stays with the collective and is held until it arrives: only when you press It arrived does the builder’s share go to them. Every movement is written into a ledger that must balance to the cent.</p>
</div>
</section>
<section class="about__part" aria-labelledby="fees">
<h2 id="fees">What it costs</h2>
<p>The price you see is the price you pay. The collective keeps a fee from the builder’s side. The builder sees both amounts before a drop goes live, and they are fixed on your order from the moment it is held.</p>
</section>
<section class="about__part" id="wrong" aria-labelledby="wrong-title">
<h2 id="wrong-title">When something goes wrong</h2>
<dl class="answers">
<div><dt>You did not pay in time</dt><dd>The hold ends by itself and the unit goes back on the shelf. Nothing is charged.</dd></div>
<div><dt>You paid a moment too late</dt><dd>If the unit is gone when your payment comes in, all of it goes back to your card, without a word from you.</dd></div>
<div><dt>You paid and the page did not answer</dt><dd>Your payment does not depend on this page. We write to you in Discord when it is confirmed, and <code>/c500 profile</code> always shows how it stands.</dd></div>
<div><dt>It does not come, or it is broken</dt><dd>Do not press It arrived. Until you do, the builder’s share stays where it is. Write to us in Discord and a person looks at it.</dd></div>
</dl>
</section>
</div>`,
  })
}
