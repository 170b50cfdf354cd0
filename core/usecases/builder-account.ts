import { AppError, type Person } from '#contract'
import { type Builder, changeStatus } from '../domain/builder.ts'
import { readLink } from '../domain/link.ts'
import type { ConnectedAccount } from '../ports/accounts.ts'
import { PaymentsError } from '../ports/payments.ts'
import type { Deps } from './deps.ts'
import { followBuilder } from './follow-builder.ts'
import { effectKey, wish, wishCall } from './wish.ts'

/** An account is looked at again this often even when nobody says that it changed. */
const SWEEP_MS = 24 * 60 * 60_000

/**
 * A person becomes a builder, approved at once unless the collective asks an operator first. Joining twice is once, and
 * brings the name up to date.
 */
export function joinBuilder(
  deps: Pick<Deps, 'change' | 'clock' | 'settings'>,
  input: { readonly person: Person },
): Promise<Builder> {
  const { userId, name } = input.person
  return deps.change({
    reads: [['builders', userId]],
    decide(sheet) {
      const known = sheet.get('builders', userId)
      if (known?.name === name) return known
      const builder: Builder = known ? { ...known, name } : newBuilder(input.person, deps)
      sheet.put('builders', userId, builder)
      if (!known && builder.status === 'applied') wishCall(sheet, userId, 'applied', deps.clock.now())
      return builder
    },
  })
}

function newBuilder(person: Person, deps: Pick<Deps, 'clock' | 'settings'>): Builder {
  const now = deps.clock.now()
  const applied: Builder = {
    userId: person.userId,
    name: person.name,
    status: 'applied',
    statusHistory: [],
    accountId: null,
    transfers: false,
    detailsSubmitted: false,
    currentlyDue: [],
    terms: [],
    debt: 0,
    twitch: null,
    about: '',
    link: null,
    joinedAt: now,
  }
  if (deps.settings.approvalNeeded) {
    return { ...applied, statusHistory: [{ at: now, status: 'applied', by: person, reason: '' }] }
  }
  return changeStatus(applied, 'approved', null, '', now)
}

/**
 * A fresh Stripe address where a builder goes on with their payment account, which is made on the first visit, and anew
 * when the one before is lost: nothing else would let them be paid again.
 * `token` is from our own link. Throws link_invalid, builder_not_found, or PaymentsError.
 */
export async function openOnboarding(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'accounts' | 'settings'>,
  input: { readonly token: string },
): Promise<string> {
  const builder = await builderOf(deps, input.token)
  const accountId = (await usableAccount(deps, builder)) ?? (await createAccount(deps, builder))
  const { webUrl } = deps.settings
  return deps.accounts.createOnboardingLink({
    accountId,
    refreshUrl: `${webUrl}/connect/start/${input.token}`,
    returnUrl: `${webUrl}/connect/return/${input.token}`,
  })
}

/** A fresh address of the builder's Stripe dashboard. Throws link_invalid, builder_not_ready, or PaymentsError. */
export async function openDashboard(
  deps: Pick<Deps, 'store' | 'accounts' | 'settings'>,
  input: { readonly token: string },
): Promise<string> {
  const { accountId, detailsSubmitted } = await builderOf(deps, input.token)
  if (!accountId || !detailsSubmitted) throw new AppError('builder_not_ready')
  return deps.accounts.createDashboardLink(accountId)
}

/** The builder came back from Stripe, finished or not: ask Stripe how the account stands. */
export async function returnFromOnboarding(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'accounts' | 'settings'>,
  input: { readonly token: string },
): Promise<Builder> {
  const builder = await builderOf(deps, input.token)
  return refreshAccount(deps, builder.userId)
}

/**
 * Read a builder's account again at Stripe: their drops stop when it can no longer be paid, and go on when it can, and
 * so do releases that Stripe refused. Safe at any time. Throws builder_not_found or PaymentsError.
 */
export async function refreshAccount(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'accounts' | 'settings'>,
  userId: string,
): Promise<Builder> {
  const builder = (await deps.store.get('builders', userId))?.value
  if (!builder) throw new AppError('builder_not_found')
  if (!builder.accountId) return builder
  const refreshed = await saveAccount(
    deps,
    userId,
    builder.accountId,
    await deps.accounts.read(builder.accountId),
  )
  await followBuilder(deps, userId)
  if (refreshed.transfers && !builder.transfers) await retryBlockedReleases(deps, userId)
  return refreshed
}

/** As refreshAccount, for the outbox. Answers when to look again (UTC ms). */
export async function sweepAccount(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'accounts' | 'settings'>,
  userId: string,
): Promise<number | null> {
  const { accountId } = await refreshAccount(deps, userId)
  return accountId ? deps.clock.now() + SWEEP_MS : null
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

/** Null for a builder who has none, or whose account is lost. */
async function usableAccount(
  { accounts }: Pick<Deps, 'accounts'>,
  { accountId, transfers }: Builder,
): Promise<string | null> {
  if (!accountId || transfers) return accountId
  try {
    return (await accounts.read(accountId)).lost ? null : accountId
  } catch (error) {
    // Stripe does not say so just now: then it is not known to be lost.
    if (error instanceof PaymentsError) return accountId
    throw error
  }
}

async function createAccount(
  deps: Pick<Deps, 'change' | 'clock' | 'accounts'>,
  builder: Builder,
): Promise<string> {
  const { userId, accountId: lost } = builder
  // The key makes a repeat after a crash find the same account.
  const account = await deps.accounts.create({
    builderId: userId,
    idempotencyKey: `${userId}:account:${lost ? `after:${lost}` : 1}`,
  })
  const saved = await saveAccount(deps, userId, lost, account)
  return saved.accountId ?? account.accountId
}

/**
 * Keep what Stripe says, and look again in a day: an event that never came must not matter. What is said of an account
 * that was replaced since `knownId` was read says nothing.
 */
function saveAccount(
  deps: Pick<Deps, 'change' | 'clock'>,
  userId: string,
  knownId: string | null,
  account: ConnectedAccount,
): Promise<Builder> {
  return deps.change({
    reads: [['builders', userId], effectKey('account', userId), effectKey('follow_builder', userId)],
    decide(sheet) {
      const known = sheet.get('builders', userId)
      if (!known) throw new AppError('builder_not_found')
      const { accountId, transfers, detailsSubmitted, currentlyDue } = account
      if (known.accountId !== knownId && known.accountId !== accountId) return known
      const builder: Builder = { ...known, accountId, transfers, detailsSubmitted, currentlyDue }
      sheet.put('builders', userId, builder)
      const now = deps.clock.now()
      if (known.accountId !== accountId) wish(sheet, 'account', userId, now, { dueAt: now + SWEEP_MS })
      if (known.transfers !== transfers) wish(sheet, 'follow_builder', userId, now)
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
