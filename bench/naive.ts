import { Firestore } from '@google-cloud/firestore'
import { GoogleAuth, PassThroughClient } from 'google-auth-library'

const PATIENCE_MS = 20_000

export interface NaivePace {
  /** Units given away per second, until the last answer or until patience ended. */
  readonly perSecond: number
  /** The part of the buyers who were not given a unit, although there was one for each. */
  readonly aborted: number
}

/**
 * What is written first: each buyer's transaction reads the drop, takes one unit off and writes the order. So many
 * `buyers` at once, a unit for each; after 20 seconds nobody waits any longer. `emulatorHost` is host:port.
 * The client is left to the end of the process.
 */
export async function measureNaive(where: {
  readonly emulatorHost: string
  readonly projectId: string
  readonly buyers: number
}): Promise<NaivePace> {
  const { emulatorHost, projectId, buyers } = where
  const auth = new GoogleAuth({ authClient: new PassThroughClient() })
  const db = new Firestore({ projectId, host: emulatorHost, ssl: false, auth })
  const drop = db.collection('inventory').doc('drop')
  await drop.set({ available: buyers })
  const startedAt = performance.now()
  let sold = 0
  let lastMs = 0
  const takeOne = (number: number) =>
    db.runTransaction(async (transaction) => {
      const available = Number((await transaction.get(drop)).get('available'))
      transaction.update(drop, { available: available - 1 })
      transaction.create(db.collection('orders').doc(`order-${number}`), { buyer: number })
    })
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, PATIENCE_MS)
  const all = Array.from({ length: buyers }, async (_, number) => {
    await takeOne(number).then(
      () => {
        sold++
      },
      () => {},
    )
    lastMs = performance.now() - startedAt
  })
  await Promise.race([Promise.all(all), late.promise])
  clearTimeout(timer)
  return { perSecond: (sold / Math.max(1, lastMs)) * 1_000, aborted: 1 - sold / buyers }
}
