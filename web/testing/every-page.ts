import { makeId } from './fake-core.ts'

/** Every kind of page in the states that differ, of the shop window's shop. */
export const EVERY_PAGE: readonly string[] = [
  '/',
  '/drops',
  '/drops?q=moss&show=open&order=ending',
  '/drops?q=nothing+like+it',
  '/about',
  '/terms',
  '/privacy',
  '/builders/100000000000000102',
  '/builders/100000000000000105',
  '/builders/100000000000000102/verify',
  '/builders/100000000000000105/verify',
  '/builders/100000000000000999/verify',
  ...[1, 3, 4, 5, 7, 8, 10, 11].map((n) => `/drops/${makeId('drp', n)}`),
  '/pay/making',
  '/success?order=held',
  '/success?order=held&look=99',
  '/success?order=paid',
  '/success?order=shipped',
  '/success?order=refunding',
  '/cancel?order=held',
  '/pay/expired',
  '/pay/nope',
  '/connect/start/abc',
  '/connect/dashboard/abc',
  '/connect/return/ready',
  '/connect/return/incomplete',
  '/link/twitch?t=owner',
  '/link/twitch?t=nobody',
  '/link/twitch?t=other',
  '/link/twitch/return?state=begun&code=abc',
  '/receipt/shipped',
  '/receipt/paid',
  '/receipt/held',
  '/statement/ready?month=2026-11',
  '/statement/new',
  '/nope',
  '/orders',
  `/orders/${makeId('ord', 0)}`,
]

/** Somebody who is logged in, and has begun to link a channel: by the names of the cookies. */
export const VISITOR_COOKIES: Readonly<Record<string, string>> = {
  c500_session: 'poppy',
  c500_twitch: 'begun',
}
