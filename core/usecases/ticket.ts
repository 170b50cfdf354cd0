import { createHash, randomBytes } from 'node:crypto'
import { AppError } from '#contract'
import type { Key, Ticket } from '../ports/store.ts'
import type { Sheet } from './change.ts'
import type { Deps } from './deps.ts'

/** A ticket lasts as long as a visit to somebody else's consent page may take. */
export const TICKET_MS = 10 * 60_000

/** Only its hash is kept, so that whoever reads the store cannot use it. */
const ticketId = (token: string) => createHash('sha256').update(token).digest('base64url')

/** A new secret that works once; see putTicket. */
export function newToken(): string {
  return randomBytes(24).toString('base64url')
}

export const ticketKey = (token: string): Key => ['tickets', ticketId(token)]

/** Answers until when it can be used, UTC ms. */
export function putTicket(
  sheet: Sheet,
  token: string,
  ticket: Pick<Ticket, 'purpose' | 'userId' | 'next'>,
  now: number,
): number {
  const expiresAt = now + TICKET_MS
  sheet.put('tickets', ticketId(token), { ...ticket, expiresAt })
  return expiresAt
}

/** Look at a ticket and leave it as it is. Throws link_invalid as takeTicket does. */
export async function readTicket(
  deps: Pick<Deps, 'store'>,
  token: string,
  purpose: Ticket['purpose'],
  now: number,
): Promise<Ticket> {
  return admit((await deps.store.get('tickets', ticketId(token)))?.value, purpose, now)
}

/** Use a ticket up. It must have been read. Throws link_invalid when there is none for this purpose any more. */
export function takeTicket(sheet: Sheet, token: string, purpose: Ticket['purpose'], now: number): Ticket {
  const ticket = admit(sheet.get('tickets', ticketId(token)), purpose, now)
  sheet.remove('tickets', ticketId(token))
  return ticket
}

/** For a token that proves itself: it can be used once. It must have been read. Throws link_invalid the second time. */
export function useOnce(sheet: Sheet, token: string, purpose: Ticket['purpose'], now: number): void {
  if (sheet.get('tickets', ticketId(token))) throw new AppError('link_invalid')
  putTicket(sheet, token, { purpose, userId: null, next: null }, now)
}

function admit(ticket: Ticket | undefined, purpose: Ticket['purpose'], now: number): Ticket {
  if (!ticket || ticket.purpose !== purpose || now >= ticket.expiresAt) throw new AppError('link_invalid')
  return ticket
}
