const DAY = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
})
const SHORT_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const MONTH = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' })

/** `3 December 2026`, by UTC: what is printed must not change with the reader's clock. */
export const calendarDay = (at: number): string => DAY.format(at)

/** `3 Dec`, where the year is said elsewhere. */
export const shortDay = (at: number): string => SHORT_DAY.format(at)

/** `2026-12` becomes `December 2026`. */
export const monthName = (month: string): string => MONTH.format(new Date(`${month}-01T00:00:00Z`))
