import { AppError, type Person } from '#contract'
import type { Builder } from '../domain/builder.ts'
import { readLink } from '../domain/link.ts'
import type { ConnectedAccount } from '../ports/payments.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish } from './wish.ts'

/** A person becomes a builder; joining twice is once, and brings the name up to date. */
export function joinBuilder(
  deps: Pick<Deps, 'change' | 'clock'>,
  input: { readonly person: Person },
): Promise<Builder> {
  const { userId, name } = input.person
  return deps.change({
    reads: [['builders', userId]],
    decide(sheet) {
      const known = sheet.get('builders', userId)
      if (known?.name === name) return known
      const builder: Builder = {
        userId,
        name,
        accountId: known?.accountId ?? null,
        transfers: known?.transfers ?? false,
        detailsSubmitted: known?.detailsSubmitted ?? false,
        joinedAt: known?.joinedAt ?? deps.clock.now(),
      }
      sheet.put('builders', userId, builder)
      return builder
    },
  })
}

/**
 * A fresh Stripe address where a builder goes on with their payment account, which is made on the first visit.
 * `token` is from our own link. Throws link_invalid, builder_not_found, or PaymentsError.
 */
export async function openOnboarding(
  deps: Pick<Deps, 'store' | 'change' | 'payments' | 'settings'>,
  input: { readonly token: string },
): Promise<string> {
  const builder = await builderOf(deps, input.token)
  const accountId = builder.accountId ?? (await createAccount(deps, builder.userId))
  const { webUrl } = deps.settings
  return deps.payments.createAccountLink({
    accountId,
    refreshUrl: `${webUrl}/connect/start/${input.token}`,
    returnUrl: `${webUrl}/connect/return/${input.token}`,
  })
}

/** The builder came back from Stripe, finished or not: ask Stripe how the account stands. */
export async function returnFromOnboarding(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments' | 'settings'>,
  input: { readonly token: string },
): Promise<Builder> {
  const builder = await builderOf(deps, input.token)
  return refreshAccount(deps, builder.userId)
}

/** Read a builder's account again at Stripe. Safe at any time. Throws builder_not_found or PaymentsError. */
export async function refreshAccount(
  deps: Pick<Deps, 'store' | 'change' | 'payments' | 'clock'>,
  userId: string,
): Promise<Builder> {
  const builder = (await deps.store.get('builders', userId))?.value
  if (!builder) throw new AppError('builder_not_found')
  if (!builder.accountId) return builder
  const refreshed = await saveAccount(deps, userId, await deps.payments.readAccount(builder.accountId))
  if (refreshed.transfers && !builder.transfers) await retryBlockedReleases(deps, userId)
  return refreshed
}

/** The account can take money again: whatever Stripe refused before goes now, not at its next turn. */
async function retryBlockedReleases(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  builderId: string,
): Promise<void> {
  const blocked = await deps.store.find('orders', {
    where: { builderId, status: 'release_blocked' },
    orderBy: 'createdAt',
    direction: 'asc',
    limit: 500,
  })
  for (const { id: orderId } of blocked.documents) {
    await deps.change({
      reads: [effectKey('transfer', orderId)],
      decide: (sheet) => wish(sheet, 'transfer', orderId, deps.clock.now()),
    })
  }
}

async function createAccount(deps: Pick<Deps, 'change' | 'payments'>, userId: string): Promise<string> {
  // The key makes a repeat after a crash find the same account.
  const account = await deps.payments.createAccount({
    builderId: userId,
    idempotencyKey: `${userId}:account:1`,
  })
  await saveAccount(deps, userId, account)
  return account.accountId
}

function saveAccount(
  deps: Pick<Deps, 'change'>,
  userId: string,
  account: ConnectedAccount,
): Promise<Builder> {
  return deps.change({
    reads: [['builders', userId]],
    decide(sheet) {
      const known = sheet.get('builders', userId)
      if (!known) throw new AppError('builder_not_found')
      const { accountId, transfers, detailsSubmitted } = account
      const builder: Builder = { ...known, accountId, transfers, detailsSubmitted }
      sheet.put('builders', userId, builder)
      return builder
    },
  })
}

async function builderOf(deps: Pick<Deps, 'store' | 'settings'>, token: string): Promise<Builder> {
  const userId = readLink(deps.settings.linkSecret, 'builder', token)
  if (!userId) throw new AppError('link_invalid')
  const builder = (await deps.store.get('builders', userId))?.value
  if (!builder) throw new AppError('builder_not_found')
  return builder
}
