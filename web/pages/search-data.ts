import { type DropView, type Money, minorDigits } from '#contract'
import type { Site } from './layout.ts'
import type { SharedPicture } from './sharing.ts'
import { type ShelfState, shelfState } from './shelf.ts'

const SCHEMA = 'https://schema.org'

/** Who we are (schema.org/WebSite), with the address that searches the shelf. */
export function siteData({ origin, reader }: Site): object {
  return {
    '@context': SCHEMA,
    '@type': 'WebSite',
    name: reader.words.brand,
    url: `${origin}/`,
    potentialAction: {
      '@type': 'SearchAction',
      target: { '@type': 'EntryPoint', urlTemplate: `${origin}/drops?q={search_term_string}` },
      'query-input': 'required name=search_term_string',
    },
  }
}

/** What search engines may say of each state (schema.org/ItemAvailability). */
const AVAILABILITY = {
  soon: 'PreOrder',
  open: 'LimitedAvailability',
  all_held: 'OutOfStock',
  paused: 'OutOfStock',
  sold_out: 'SoldOut',
  closed: 'Discontinued',
  called_off: 'Discontinued',
} as const satisfies Record<ShelfState, string>

/** A drop as schema.org/Product, as it stands at `now` (UTC milliseconds). */
export function productData(
  { origin }: Site,
  drop: DropView,
  picture: SharedPicture | null,
  now: number,
): object {
  return {
    '@context': SCHEMA,
    '@type': 'Product',
    name: drop.title,
    description: drop.story,
    sku: drop.dropId,
    brand: { '@type': 'Brand', name: drop.builder.name },
    ...(picture && { image: [origin + picture.path] }),
    offers: {
      '@type': 'Offer',
      url: `${origin}/drops/${drop.dropId}`,
      price: decimal(drop.price),
      priceCurrency: drop.price.currency.toUpperCase(),
      availability: `${SCHEMA}/${AVAILABILITY[shelfState(drop, now)]}`,
      availabilityStarts: new Date(drop.openedAt).toISOString(),
      availabilityEnds: new Date(drop.closesAt).toISOString(),
      itemCondition: `${SCHEMA}/NewCondition`,
      inventoryLevel: { '@type': 'QuantitativeValue', value: drop.available },
      seller: { '@type': 'Person', name: drop.builder.name },
    },
  }
}

/** `{ amount: 1250, currency: 'usd' }` becomes `12.50`, as schema.org wants it. */
function decimal({ amount, currency }: Money): string {
  const digits = minorDigits(currency)
  const text = String(amount).padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}
