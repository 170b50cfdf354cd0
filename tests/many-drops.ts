import type { Drop } from '../core/domain/drop.ts'
import type { Store } from '../core/ports/store.ts'
import { sampleDrop } from '../core/testing/samples.ts'

const BUILDERS = 40
const DAY_MS = 24 * 60 * 60_000
const WORDS = [
  ...['stoneware', 'walnut', 'linen', 'beeswax', 'wool', 'raku', 'indigo', 'willow', 'copper', 'felt'],
  ...['mug', 'bowl', 'spoon', 'blanket', 'candle', 'basket', 'print', 'scarf', 'jar', 'stool'],
]

/** The words that titles and stories are made of. */
export const shelfWord = (n: number): string => WORDS[n % WORDS.length] ?? ''

function makeDrop(id: string, n: number, over: Pick<Drop, 'status' | 'openedAt' | 'closesAt'>): Drop {
  const builderId = String(400_000_000_000_000_000n + BigInt(n % BUILDERS))
  const story = Array.from({ length: 60 }, (_, i) => shelfWord(n * 7 + i * i)).join(' ')
  const isOpen = over.status === 'open'
  return sampleDrop({
    dropId: id,
    builder: { userId: builderId, name: `Builder ${n % BUILDERS}` },
    builderId,
    title: `${shelfWord(n)} ${shelfWord(n * 3 + 10)} No. ${n}`,
    story,
    price: 1_000 + (n % 90) * 100,
    quantity: 5,
    available: isOpen ? 5 : n % 5,
    sold: isOpen ? 0 : 5 - (n % 5),
    closed: !isOpen,
    ...over,
  })
}

/** Drops as publishing and closing would leave them, `now` in UTC ms. Answers the ids of the open ones. */
export async function fillShelf(
  store: Pick<Store, 'commit' | 'newId'>,
  counts: { readonly closed: number; readonly open: number; readonly now: number },
): Promise<readonly string[]> {
  const { closed, now } = counts
  const open: string[] = []
  for (let from = 0; from < closed + counts.open; from += 500) {
    const count = Math.min(500, closed + counts.open - from)
    await store.commit(
      Array.from({ length: count }, (_, i) => {
        const [n, id] = [from + i, store.newId('drp')]
        const isOpen = n >= closed
        if (isOpen) open.push(id)
        const openedAt = isOpen ? now - DAY_MS : now - (closed - n + 48) * 600_000
        const closesAt = isOpen ? now + DAY_MS : openedAt + 1
        const value = makeDrop(id, n, { status: isOpen ? 'open' : 'closed', openedAt, closesAt })
        return { op: 'create', collection: 'inventory', id, value } as const
      }),
    )
  }
  return open
}

/** As if its time were up. */
export async function closeDrop(store: Pick<Store, 'get' | 'commit'>, id: string): Promise<void> {
  const found = await store.get('inventory', id)
  if (!found) throw new Error('the drop is not there')
  const value = { ...found.value, status: 'closed', closed: true } as const
  await store.commit([{ op: 'replace', collection: 'inventory', id, value, version: found.version }])
}
