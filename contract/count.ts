const formats = new Map<string, Intl.NumberFormat>()

/** `10000` becomes `10,000`, by the customs of a locale. For people's eyes only. */
export function formatCount(count: number, locale = 'en-US'): string {
  const format = formats.get(locale) ?? new Intl.NumberFormat(locale)
  formats.set(locale, format)
  return format.format(count)
}
