import { test } from 'node:test'
import { createStripeClient } from '../core/adapters/stripe-client.ts'
import { createStripeRecords } from '../core/adapters/stripe-records.ts'
import type { Order } from '../core/domain/order.ts'
import { createChanges } from '../core/usecases/change.ts'
import { examineMoney } from '../core/usecases/reconcile-exam.ts'
import type { SeenMessage } from '../sandbox/people.ts'
import type { Player } from '../sandbox/player.ts'
import { type DropWish, joinAsBuilder, openDrop } from '../sandbox/scenes.ts'
import { assertInvariants, readAll } from './invariants.ts'
import { createWorld, type World } from './world.ts'

/** A test in a marketplace of its own. Whatever happened in it, at its end everything is settled and in order. */
export function testInWorld(
  title: string,
  play: (world: World) => Promise<void>,
  options: Parameters<typeof createWorld>[0] = {},
): void {
  test(title, async () => {
    await using world = await createWorld(options)
    await play(world)
    await world.settle()
    await assertInvariants({ store: world.core.store, stripeUrl: world.stripeUrl, now: world.now() })
  })
}

/** Juniper is a builder who can be paid, and her drop is on sale. */
export async function openShop(
  world: World,
  wish: Partial<DropWish> = {},
): Promise<{ readonly juniper: Player; readonly card: SeenMessage; readonly dropId: string }> {
  const juniper = world.player('juniper')
  await joinAsBuilder(juniper)
  await world.settle()
  const card = await openDrop(juniper, { title: 'Moss-green mug', ...wish })
  const drops = await readAll(world.core.store, 'inventory', 'openedAt')
  const dropId = drops.at(-1)?.id
  if (!dropId) throw new Error('nothing is on sale')
  return { juniper, card, dropId }
}

/** All orders, oldest first. */
export async function ordersIn(world: World): Promise<Order[]> {
  return (await readAll(world.core.store, 'orders', 'createdAt')).map(({ value }) => value)
}

/** The newest order of one person. Throws when there is none. */
export async function orderOf(world: World, person: { readonly id: string }): Promise<Order> {
  const order = (await ordersIn(world)).findLast(({ buyerId }) => buyerId === person.id)
  if (!order) throw new Error(`${person.id} has no order`)
  return order
}

/** The codes of what the money doctor finds in this world. */
export async function mismatchesIn(world: World): Promise<readonly string[]> {
  const client = createStripeClient({ secretKey: 'sk_test_doctor', apiBase: world.stripeUrl })
  const { store } = world.core
  const change = createChanges({ store, random: Math.random, onCommit: () => {} })
  const deps = { store, change, clock: world, records: createStripeRecords(client) }
  return (await examineMoney(deps, { since: 0, whole: true })).mismatches.map(({ code }) => code)
}
