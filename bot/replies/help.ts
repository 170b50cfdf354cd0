import { link, type Message, rows, say } from './message.ts'

export function renderHelp(webUrl: string): Message {
  return say(
    [
      '**For everybody**',
      'Press **Remind me** under a drop that is not open yet, and I tell you when it is.',
      'Press **Buy now** under a drop: one is held for you while you pay, and your money is held until it arrives.',
      'When all are held, press **Get in line**: one that comes back is held for whoever has waited longest, and I write to you.',
      '`/c500 profile` shows your orders, `/c500 order` shows one of them. When something is wrong with it, press **Something is wrong** there: your money stays held until that is settled.',
      'Is somebody who offers you something really one of our builders? `/c500 verify` tells you.',
      '',
      '**For builders**',
      '`/c500 join` sets up your payment account, `/c500 drop` starts a drop, which may open at once, later, or when you go live; `/c500 dashboard` shows your drops and what to ship, `/c500 money` shows what is held for you and what frees it.',
      '**Your story**, under `/c500 profile`, is what everybody reads about you on your page.',
      '`/c500 link-twitch` links your Twitch channel: going live gives you a badge, and can open your drops. Twitch does not tell us of a stream in bandwidth test mode, so that one does not count.',
    ].join('\n'),
    'sky',
    rows(link('The website', webUrl)),
  )
}
