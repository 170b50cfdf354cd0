import { html } from 'hono/html'
import type { ChannelView, Output } from '#contract'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'
import { moment } from './moment.ts'

/** Whose account the channel will be linked to, and the one button; opening the page must not use anything up. */
export function renderTwitchLink(site: Site, link: Output<'readTwitchLink'>, token: string): Html {
  const words = site.reader.words.linkTwitch
  const here = `/link/twitch?t=${encodeURIComponent(token)}`
  const login = `/login?next=${encodeURIComponent(here)}`
  const name = html`<bdi>${link.builder.name}</bdi>`
  switch (link.visitor) {
    case 'owner': {
      const { title, heading, lead, linked, go, note } = words.owner
      return frame(
        site,
        title,
        html`<h1>${heading}</h1>
<p class="lead">${lead(name)}</p>
${link.channel && html`<p>${linked(html`<bdi>${link.channel.displayName}</bdi>`)}</p>`}
<form method="post" action="${here}"><p class="actions"><button class="button" type="submit">${go}</button></p></form>
<p class="quiet">${note}</p>`,
      )
    }
    case 'nobody': {
      const { title, heading, lead, go, note } = words.nobody
      return frame(
        site,
        title,
        html`<h1>${heading}</h1>
<p class="lead">${lead(name)}</p>
<p class="actions"><a class="button" href="${login}">${go}</a></p>
<p class="quiet">${note(name)}</p>`,
      )
    }
    case 'other': {
      const { title, heading, lead, go, note } = words.other
      return frame(
        site,
        title,
        html`<h1>${heading(name)}</h1>
<p class="lead">${lead(name)}</p>
<p class="actions"><a class="button" href="${login}">${go}</a></p>
<p class="quiet">${note}</p>`,
      )
    }
    default:
      return link.visitor satisfies never
  }
}

/** Back from Twitch: what holds now. */
export function renderTwitchLinked(site: Site, channel: ChannelView): Html {
  const { linkTwitch, frame: shared } = site.reader.words
  const { title, heading, lead, badge, noBadge, note } = linkTwitch.done
  const name = html`<a href="${channel.url}"><bdi>${channel.displayName}</bdi></a>`
  return frame(
    site,
    title,
    html`<h1>${heading}</h1>
<p class="lead">${lead(name)}</p>
<p>${channel.verified ? badge(moment(site, channel.verified.until)) : noBadge}</p>
${site.inviteUrl && html`<p class="actions"><a class="button" href="${site.inviteUrl}">${shared.back}</a></p>`}
<p class="quiet">${note}</p>`,
  )
}

function frame(site: Site, title: string, body: Html): Html {
  return renderLayout(site, {
    title,
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, 'yarn', 168)}
${body}
</div>
</section>`,
  })
}
