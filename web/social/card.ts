import type { PaletteColour } from '#contract'

/** Somebody's own words, and what is said when our fonts cannot draw them. */
export interface OwnWords {
  readonly text: string
  readonly instead: string
}

interface Badges {
  readonly live: string | null
  readonly verified: string | null
}

/** What the preview of a page in a chat says. Its pictures are ids of which it shows what there is. */
export type SocialCard = { readonly brand: string; readonly pictures: readonly string[] } & (
  | ({
      readonly kind: 'drop'
      readonly title: OwnWords
      readonly by: string
      readonly builder: OwnWords
      readonly price: string
      readonly stock: string
      readonly stockColour: PaletteColour
    } & Badges)
  | ({
      readonly kind: 'builder'
      readonly eyebrow: string
      readonly name: OwnWords
      readonly numbers: readonly string[]
    } & Badges)
  | { readonly kind: 'home'; readonly heading: string; readonly motto: string }
)
