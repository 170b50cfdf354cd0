/**
 * Cozy pastel: the colours shared by the bot's embeds and the web's stylesheet. Soft fills are for grounds and
 * accents; raspberry is the one thing to press. The stylesheet repeats these values; a test keeps them equal.
 */
export const PALETTE = {
  cream: '#fff8ee',
  cocoa: '#4a3228',
  strawberry: '#f8c8d4',
  lavender: '#d9cdf0',
  mint: '#c6e8d5',
  butter: '#fbe7a8',
  sky: '#c3dff2',
  raspberry: '#a8325e',
} as const satisfies Record<string, `#${string}`>

export type PaletteColour = keyof typeof PALETTE

/** The colour as the 24-bit integer that Discord's embeds want. */
export function accent(colour: PaletteColour): number {
  return Number.parseInt(PALETTE[colour].slice(1), 16)
}
