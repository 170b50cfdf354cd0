/** What happened, what is safe, what to do; `login` is the words of a button to log in, where that helps. */
export interface ProblemWords {
  readonly heading: string
  readonly sentence: string
  readonly login?: string
}

export const problems = {
  nothing_here: {
    heading: 'There is nothing here',
    sentence: 'The address may have a slip in it, or what stood here is gone.',
  },
  link_invalid: {
    heading: 'This link does not open anything',
    sentence:
      'It may be cut short, or too old. Type /c500 profile in Discord: there are your orders, each with a fresh link.',
  },
  resting: {
    heading: 'We cannot look right now',
    sentence:
      'Our back room does not answer. What you hold or paid is safe and does not depend on this page. Please try again in a moment.',
  },
  broken: {
    heading: 'Something broke, and it was us',
    sentence:
      'What you hold or paid is safe and does not depend on this page. Please try again; if it stays like this, tell us in Discord.',
  },
  login_needed: {
    heading: 'Please log in first',
    sentence: 'This page is for one person. Log in with Discord, so that we know it is you.',
    login: 'Log in with Discord',
  },
  login_lost: {
    heading: 'That login did not begin here',
    sentence:
      'It was begun in another browser, or too long ago, so nobody was logged in. If you did not begin it at all, somebody sent you its address: just close this page.',
    login: 'Log in with Discord',
  },
  login_refused: {
    heading: 'You are not logged in',
    sentence:
      'Discord did not confirm who you are, so nothing was changed. You can try once more whenever you like.',
    login: 'Log in with Discord',
  },
  login_off: {
    heading: 'There is no login here',
    sentence: 'This collective has none for browsers. The links that you get in Discord work without.',
  },
  not_yours: {
    heading: 'This belongs to somebody else',
    sentence: 'You are logged in, but not as the person it is for.',
    login: 'Log in as somebody else',
  },
  foreign_form: {
    heading: 'That button was not ours',
    sentence: 'It was pressed on a page of somebody else, so nothing was changed.',
  },
  twitch_off: {
    heading: 'There is no Twitch here',
    sentence: 'This collective does without Twitch, so there is nothing to link.',
  },
  twitch_link_over: {
    heading: 'This link has been used, or is too old',
    sentence:
      'It is good once, and for ten minutes. Type /c500 link-twitch in Discord for a fresh one; /c500 join shows what is linked already.',
  },
  twitch_lost: {
    heading: 'This visit to Twitch is over',
    sentence:
      'It is finished already, or did not begin in this browser, so nothing was linked now. In Discord, /c500 join shows what is linked and /c500 link-twitch begins again. If you did not begin it at all, somebody sent you this address: just close this page.',
  },
  twitch_refused: {
    heading: 'Nothing was linked',
    sentence:
      'Twitch did not confirm a channel. Type /c500 link-twitch in Discord whenever you want to try again.',
  },
  channel_taken: {
    heading: 'That channel is linked already',
    sentence:
      'Another builder has linked it, so nothing was changed. If it is yours, please ask an operator in Discord.',
  },
} satisfies Record<string, ProblemWords>
