import type { ErrorCode } from '#contract'

/** What a person reads when core refuses. One or two short sentences each, saying what to do next where possible. */
export const SENTENCE: Record<ErrorCode, string> = {
  bad_request: 'Something in that did not look right, so nothing was changed.',
  unauthorized: 'I may not ask for that right now. The people who run the shop have been told.',
  forbidden: 'That is not something I can do for you.',
  not_found: 'I could not find that. It may be gone by now.',
  conflict: 'Somebody changed the same thing at the same moment. Please try once more.',
  internal: 'Something went wrong on our side. Nothing was lost; please try again in a moment.',
  unavailable: 'The shop is catching its breath. Please try again in a moment.',

  drop_not_found: 'That drop is no longer here.',
  drop_closed: 'This drop has closed. Keep an eye on the channel for the next one.',
  not_open_yet: 'This drop is not open yet. Its card says when it opens, and can remind you.',
  already_open: 'It has opened already, so it can no longer be called off.',
  sold_out: 'Sold out. Every one of them has found a home.',
  all_held: 'All held right now, one may come back. Get in line, and the next one is held for you.',
  own_drop: 'This one is yours, so it is kept for somebody else to buy.',
  limit_reached: 'You already have as many of these as one person may have.',
  hold_first: 'You hold one already: pay for it, or let it go for the next in line.',

  draft_not_found: 'That draft is no longer here. Start a new one with `/c500 drop`.',
  draft_incomplete: 'Something in this draft still needs mending before it can be published.',
  picture_gone: 'The picture of this draft has changed since. Please look at the new one and describe that.',
  text_too_long: 'That is longer than fits there. Please shorten it a little.',
  address_invalid:
    'That link does not look right. It should be an address that everybody can open, such as https://juniper.example.',
  builder_not_found: 'You are not a builder here yet. `/c500 join` is the way in.',
  builder_not_ready:
    'Your payment account needs a little more before you can sell. `/c500 join` has the link.',

  order_not_found: 'I could not find that order.',
  not_yours: 'That belongs to somebody else.',
  hold_over: 'That hold is already over. Nothing was charged.',
  hold_paid: 'That one is already paid, so it is yours and stays yours.',
  payment_underway:
    'Your bank is already sending the money for that one, so it cannot be let go. We write to you when we know more.',
  not_paid: 'That order is not paid, or it has been shipped already.',
  not_shipped: 'That order is not on its way, so there is nothing to confirm.',
  order_moved_on:
    'That order has moved on since: it has arrived, or its money went back. Nothing was changed.',
  tracking_invalid:
    'Please name the carrier, and keep carrier and tracking number within 60 characters each. A link to the parcel is too long: its number is enough.',
  link_invalid: 'That link is no longer good. Ask for a fresh one here.',

  paused: 'Selling is paused for a moment. Please come back in a little while.',
  refund_too_large:
    'That is more than what is left of this order. Leave the amount empty to give it all back.',
  too_many_refunds:
    'This order has been given back in as many parts as it can hold. Leave the amount empty to give back all that is left.',
  amount_invalid: 'That amount does not look right. Write it like 12.50, or leave it empty for everything.',
  start_day_invalid:
    'A first day is written like 2026-12-01 and has not passed. Leave it empty for terms from now on.',
  reason_missing: 'Please say why in a few words, and keep it short.',
  release_in_progress: 'This money is just on its way to the builder. Please try again in a minute.',
  nothing_to_refund: 'Everything of this order has gone back already, so there is nothing left to give back.',
  case_not_found: 'I could not find that case.',
  case_exists: 'There is a case for this order already; it has to be decided first.',
  case_closed: 'That case has been decided already.',
  case_too_late: 'This order is over, so nothing can be held back any more. Please write to the builder.',
  case_full: 'You have said as much in this case as it can hold. An operator decides with what is there.',
  login_needed: 'Please log in with Discord first, so that I know it is you.',
  login_off: 'This collective has no login for browsers. The links I give you here work without.',
  login_refused: 'Discord did not confirm who you are, so nothing was changed. Please try once more.',
  twitch_off: 'This collective does without Twitch, so there is nothing to link.',
  twitch_refused:
    'Twitch did not confirm the channel, so nothing was linked. `/c500 link-twitch` starts again.',
  channel_missing:
    'Your going live can open a drop once your Twitch channel is linked: `/c500 link-twitch` does that.',
  channel_taken: 'Another builder has linked that channel. If it is yours, please ask an operator.',
}
