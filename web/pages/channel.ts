import { html } from 'hono/html'
import type { ChannelView } from '#contract'
import type { Html, Site } from './layout.ts'
import { moment } from './moment.ts'

/** That Twitch has really seen this builder live; nothing without. */
export function renderBadge(site: Site, channel: ChannelView | null): Html | '' {
  if (!channel?.verified) return ''
  return html`<span class="badge">${site.reader.words.channel.verified}</span>`
}

/** That the builder is on air; nothing while they are not. */
export function renderLive(site: Site, channel: ChannelView | null): Html | '' {
  if (!channel?.live) return ''
  return html`<span class="live">${site.reader.words.channel.live}</span>`
}

/** The channel with what is known of it; nothing without. */
export function renderChannel(site: Site, channel: ChannelView | null): Html | '' {
  if (!channel) return ''
  const words = site.reader.words.channel
  const { live, verified } = channel
  const link = html`<a href="${channel.url}" rel="noopener">${words.onTwitch(html`<bdi>${channel.displayName}</bdi>`)}</a>`
  return html`<p class="channel">${link}${renderLive(site, channel)}${renderBadge(site, channel)}</p>
<p class="quiet">${
    live
      ? words.liveSince(moment(site, live.since), live.title && html`<q><bdi>${live.title}</bdi></q>`)
      : verified
        ? words.verifiedUntil(moment(site, verified.until))
        : words.notVerified
  }</p>`
}
