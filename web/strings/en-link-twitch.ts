import { html } from 'hono/html'

type Piece = ReturnType<typeof html>

/** A builder's way to Twitch and back. `name` is theirs, as we know them. */
export const linkTwitch = {
  owner: {
    title: 'Link your Twitch channel, C500 Collective',
    heading: 'Link your Twitch channel',
    lead: (name: Piece) =>
      html`The channel that you choose at Twitch will be linked to ${name}’s account here. That is you.`,
    linked: (channel: Piece) =>
      html`Linked now: ${channel}. Another channel takes its place, and its badge goes with it.`,
    go: 'Continue to Twitch',
    note: 'Twitch tells us which channel is yours, and nothing else. We keep no key to it.',
  },
  nobody: {
    title: 'Link a Twitch channel, C500 Collective',
    heading: 'First: is this you?',
    lead: (name: Piece) =>
      html`This link was made for ${name}. Log in with Discord as ${name}, and then choose your channel at Twitch.`,
    go: 'Log in with Discord',
    note: (name: Piece) =>
      html`Not ${name}? Then somebody passed this link on to you. It cannot link your channel; just close this page.`,
  },
  other: {
    title: 'This link is for somebody else, C500 Collective',
    heading: (name: Piece) => html`This link is for ${name}`,
    lead: (name: Piece) =>
      html`You are logged in here as somebody else, so nothing was linked. If you are ${name}, log in as ${name}.`,
    go: 'Log in as somebody else',
    note: 'If somebody sent you this link, just close this page: it cannot link your channel to their account.',
  },
  done: {
    title: 'Your channel is linked, C500 Collective',
    heading: 'Your channel is linked',
    lead: (channel: Piece) => html`${channel} belongs to your account here now.`,
    badge: (until: Piece) =>
      html`Your badge “verified live” is good until ${until}, and longer each time you go live.`,
    noBadge:
      'The next time you go live on Twitch, you get the badge “verified live”, and the collective reads that you are on air.',
    note: html`In Discord, <code>/c500 join</code> shows your channel, and <code>/c500 unlink-twitch</code> lets it go.`,
  },
}
