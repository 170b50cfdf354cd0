import { readFileSync } from 'node:fs'
import { Resvg } from '@resvg/resvg-js'
import satori from 'satori'
import { PALETTE } from '#contract'
import type { OwnWords, SocialCard } from './card.ts'
import { drawableText } from './drawable-text.ts'
import { readCoverage } from './font-coverage.ts'
import { CARD_HEIGHT, CARD_WIDTH } from './social-card.ts'

// Fonts that fall back on each other letter by letter, so each part of an alphabet has a name of its own.
const FONTS = [
  ...['latin', 'latin-ext', 'vietnamese'].map((part) => ({ face: 'quicksand', part, weight: 700 as const })),
  ...['latin', 'latin-ext', 'vietnamese', 'cyrillic', 'cyrillic-ext'].map((part) => ({
    face: 'nunito',
    part,
    weight: 700 as const,
  })),
].map(({ face, part, weight }) => {
  const file = `@fontsource/${face}/files/${face}-${part}-${weight}-normal.woff`
  const data = readFileSync(new URL(import.meta.resolve(file)))
  return { name: `${face} ${part}`, weight, style: 'normal' as const, data, covers: readCoverage(data) }
})
const COVERED: ReadonlySet<number> = FONTS.reduce((all, { covers }) => all.union(covers), new Set<number>())
const familyOf = (face: string) =>
  FONTS.map(({ name }) => name)
    .toSorted((a, b) => Number(b.startsWith(face)) - Number(a.startsWith(face)))
    .join(', ')
const HEADING = familyOf('quicksand')
const TEXT = familyOf('nunito')

const svg = (path: string) =>
  `data:image/svg+xml;base64,${readFileSync(new URL(`../public/${path}`, import.meta.url)).toString('base64')}`
const MARK = svg('favicon.svg')
const HERO = svg('pictures/hero.svg')
const MUG = svg('pictures/mug.svg')
const YARN = svg('pictures/yarn.svg')

const { cream, cocoa, strawberry, lavender, mint, butter, sky, raspberry } = PALETTE
const MUTED = '#7a5c4e'
const STITCH = '#d9b99a'

interface Node {
  readonly type: string
  readonly props: object
}
type Style = Readonly<Record<string, string | number>>
type Child = Node | string | null

/**
 * The card as a PNG of 1200 by 630 pixels. `photos` are JPEG files of any measure. Takes a good part of a second of one
 * processor. Throws on a photo that is none.
 */
export async function drawCard(card: SocialCard, photos: readonly Uint8Array[]): Promise<Uint8Array> {
  const sources = photos.map((bytes) => `data:image/jpeg;base64,${Buffer.from(bytes).toString('base64')}`)
  const fonts = FONTS.map(({ name, weight, style, data }) => ({ name, weight, style, data }))
  // Satori takes what React would make of a page; it needs no more of React than these plain objects.
  const root = frame(card, contentOf(card, sources)) as unknown as Parameters<typeof satori>[0]
  const picture = await satori(root, { width: CARD_WIDTH, height: CARD_HEIGHT, fonts })
  return new Resvg(picture, { font: { loadSystemFonts: false } }).render().asPng()
}

function contentOf(card: SocialCard, photos: readonly string[]): readonly [words: Child[], picture: Node] {
  switch (card.kind) {
    case 'drop':
      return [
        [
          title(own(card.title), 58, 2),
          text(`${card.by} ${own(card.builder)}`, {
            fontSize: 32,
            color: MUTED,
            marginTop: 18,
            wordBreak: 'break-all',
            lineClamp: 1,
          }),
          badges(card.live, card.verified),
          row({ marginTop: 30, flexWrap: 'wrap' }, [
            text(card.price, {
              fontFamily: HEADING,
              fontSize: 46,
              color: raspberry,
              marginRight: 24,
              marginBottom: 8,
            }),
            chip(card.stock, PALETTE[card.stockColour]),
          ]),
        ],
        photos[0] ? photo(photos[0], 500, 550) : drawing(MUG, butter),
      ]
    case 'builder':
      return [
        [
          text(card.eyebrow, { fontSize: 28, color: MUTED, marginBottom: 14 }),
          title(own(card.name), 68, 2),
          badges(card.live, card.verified),
          row(
            { marginTop: 34, flexWrap: 'wrap' },
            card.numbers.map((number, i) => chip(number, i === 0 ? mint : lavender)),
          ),
        ],
        photos.length > 0 ? shelf(photos) : drawing(YARN, sky),
      ]
    case 'home':
      return [
        [
          title(card.heading, 64, 3),
          text(card.motto, { fontSize: 29, lineHeight: 1.45, color: MUTED, marginTop: 24 }),
        ],
        image(HERO, 520, 483),
      ]
  }
}

const own = ({ text, instead }: OwnWords) => drawableText(text, instead, COVERED)

function frame(card: SocialCard, [words, picture]: readonly [Child[], Node]): Node {
  const stitches = {
    position: 'absolute',
    top: 16,
    left: 16,
    width: CARD_WIDTH - 32,
    height: CARD_HEIGHT - 32,
  }
  return node('div', { width: '100%', height: '100%', background: cream, fontFamily: TEXT, color: cocoa }, [
    node('div', { ...stitches, borderRadius: 36, border: `3px dashed ${STITCH}` }, []),
    node(
      'div',
      { width: '100%', height: '100%', padding: 40, alignItems: 'center', justifyContent: 'space-between' },
      [
        picture,
        node('div', { flexDirection: 'column', width: 580, height: '100%', padding: '14px 0 14px 48px' }, [
          row({}, [
            image(MARK, 56, 56),
            text(card.brand, { fontFamily: HEADING, fontSize: 30, marginLeft: 16 }),
          ]),
          node('div', { flexDirection: 'column', flex: 1, justifyContent: 'center' }, words),
        ]),
      ],
    ),
  ])
}

/** Up to four photos: alone, side by side, or in two rows. */
function shelf(photos: readonly string[]): Node {
  const [first, second, ...more] = photos
  if (!first || !second) return photo(first ?? '', 500, 550)
  const half = 243
  const column = (sources: readonly string[]) =>
    node(
      'div',
      { flexDirection: 'column', justifyContent: 'space-between', width: half, height: 550 },
      sources.map((source) => photo(source, half, sources.length > 1 ? 268 : 550)),
    )
  const [third, fourth] = more
  return node('div', { width: 500, height: 550, justifyContent: 'space-between' }, [
    column([first, ...(fourth ? [fourth] : [])]),
    column([second, ...(third ? [third] : [])]),
  ])
}

const photo = (source: string, width: number, height: number) =>
  node(
    'div',
    {
      width,
      height,
      flexShrink: 0,
      borderRadius: 28,
      overflow: 'hidden',
      boxShadow: '0 10px 28px rgba(74, 50, 40, 0.16)',
    },
    [image(source, width, height)],
  )

const drawing = (source: string, ground: string) =>
  node(
    'div',
    {
      width: 500,
      height: 550,
      flexShrink: 0,
      borderRadius: 28,
      background: ground,
      alignItems: 'center',
      justifyContent: 'center',
    },
    [image(source, 400, 400)],
  )

/** Long ones are set smaller. */
const title = (words: string, size: number, lines: number) =>
  text(words, {
    fontFamily: HEADING,
    fontSize: words.length > 40 ? size - 10 : size,
    lineHeight: 1.15,
    letterSpacing: '-0.02em',
    wordBreak: 'break-word',
    lineClamp: lines,
  })

function badges(live: string | null, verified: string | null): Node | null {
  if (!live && !verified) return null
  return row({ marginTop: 22 }, [
    live && badge(live, strawberry, node('div', { ...DOT, background: raspberry }, [])),
    verified && badge(verified, lavender, tick),
  ])
}

const DOT = { width: 14, height: 14, borderRadius: 7, marginRight: 10 }
const tick: Node = {
  type: 'svg',
  props: {
    width: 22,
    height: 22,
    viewBox: '0 0 22 22',
    style: { marginRight: 8 },
    children: {
      type: 'path',
      props: { d: 'M4 12l5 5 9-12', stroke: cocoa, 'stroke-width': 3.5, fill: 'none' },
    },
  },
}

const PILL = { alignItems: 'center', borderRadius: 40, whiteSpace: 'nowrap', flexShrink: 0 }
const badge = (words: string, ground: string, sign: Node) =>
  node('div', { ...PILL, padding: '6px 20px', marginRight: 14, fontSize: 24, background: ground }, [
    sign,
    words,
  ])
const chip = (words: string, ground: string) =>
  node(
    'div',
    { ...PILL, padding: '10px 26px', marginRight: 14, marginBottom: 8, fontSize: 28, background: ground },
    [words],
  )

const row = (style: Style, children: readonly Child[]) =>
  node('div', { alignItems: 'center', ...style }, children)
const text = (words: string, style: Style): Node => ({
  type: 'div',
  props: { style: { display: 'block', overflow: 'hidden', ...style }, children: words },
})
const image = (src: string, width: number, height: number): Node => ({
  type: 'img',
  props: { src, width, height, style: { objectFit: 'cover', flexShrink: 0 } },
})
function node(type: string, style: Style, children: readonly Child[]): Node {
  return {
    type,
    props: {
      style: { display: 'flex', boxSizing: 'border-box', ...style },
      children: children.filter(Boolean),
    },
  }
}
