import { html } from 'hono/html'
import type { ChannelView, Output } from '#contract'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'
import { moment } from './moment.ts'

/** Whose account the channel will be linked to, and the one button; opening the page must not use anything up. */
export function renderTwitchLink(site: Site, link: Output<'readTwitchLink'>, token: string): Html {
  const here = `/link/twitch?t=${encodeURIComponent(token)}`
  const login = `/login?next=${encodeURIComponent(here)}`
  const name = html`<bdi>${link.builder.name}</bdi>`
  switch (link.visitor) {
    case 'owner':
      return frame(
        site,
        'Link your Twitch channel',
        html`<h1>Link your Twitch channel</h1>
<p class="lead">The channel that you choose at Twitch will be linked to ${name}’s account here. That is you.</p>
${
  link.channel &&
  html`<p>Linked now: <bdi>${link.channel.displayName}</bdi>. Another channel takes its place, and its badge goes with it.</p>`
}
<form method="post" action="${here}"><p class="actions"><button class="button" type="submit">Continue to Twitch</button></p></form>
<p class="quiet">Twitch tells us which channel is yours, and nothing else. We keep no key to it.</p>`,
      )
    case 'nobody':
      return frame(
        site,
        'Link a Twitch channel',
        html`<h1>First: is this you?</h1>
<p class="lead">This link was made for ${name}. Log in with Discord as ${name}, and then choose your channel at Twitch.</p>
<p class="actions"><a class="button" href="${login}">Log in with Discord</a></p>
<p class="quiet">Not ${name}? Then somebody passed this link on to you. It cannot link your channel; just close this page.</p>`,
      )
    case 'other':
      return frame(
        site,
        'This link is for somebody else',
        html`<h1>This link is for ${name}</h1>
<p class="lead">You are logged in here as somebody else, so nothing was linked. If you are ${name}, log in as ${name}.</p>
<p class="actions"><a class="button" href="${login}">Log in as somebody else</a></p>
<p class="quiet">If somebody sent you this link, just close this page: it cannot link your channel to their account.</p>`,
      )
    default:
      return link.visitor satisfies never
  }
}

/** Back from Twitch: what holds now. */
export function renderTwitchLinked(site: Site, channel: ChannelView): Html {
  const name = html`<a href="${channel.url}"><bdi>${channel.displayName}</bdi></a>`
  return frame(
    site,
    'Your channel is linked',
    html`<h1>Your channel is linked</h1>
<p class="lead">${name} belongs to your account here now.</p>
<p>${
      channel.verified
        ? html`Your badge “verified live” is good until ${moment(site, channel.verified.until)}, and longer each time you go live.`
        : 'The next time you go live on Twitch, you get the badge “verified live”, and the collective reads that you are on air.'
    }</p>
${site.inviteUrl && html`<p class="actions"><a class="button" href="${site.inviteUrl}">Back to Discord</a></p>`}
<p class="quiet">In Discord, <code>/c500 join</code> shows your channel, and <code>/c500 unlink-twitch</code> lets it go.</p>`,
  )
}

function frame(site: Site, title: string, body: Html): Html {
  return renderLayout(site, {
    title: `${title}, C500 Collective`,
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, 'yarn', 168)}
${body}
</div>
</section>`,
  })
}
