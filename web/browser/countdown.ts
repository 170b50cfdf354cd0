// How long it still takes, in the words and customs of the page; in lists as short as can be. Whoever wants little motion
// sees whole minutes only.
const MINUTE = 60_000
const calm = matchMedia('(prefers-reduced-motion: reduce)')
const units = [
  ['days', 24 * 60 * MINUTE],
  ['hours', 60 * MINUTE],
  ['minutes', MINUTE],
  ['seconds', 1_000],
] as const
let timer = 0

/** The two largest units of it: seconds only in the last hour. */
function inWords(ms: number, smallest: number, style: 'long' | 'narrow'): string {
  let rest = Math.ceil(ms / smallest) * smallest
  const found: Partial<Record<(typeof units)[number][0], number>> = {}
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length)
    rest -= count * length
    const before = Object.keys(found).length
    if (before < 2 && length >= smallest && (count > 0 || before > 0)) found[unit] = count
  }
  return new Intl.DurationFormat(document.documentElement.lang, { style }).format(found)
}

function show(): void {
  clearTimeout(timer)
  if (document.hidden) return
  let isShown = false
  for (const place of document.querySelectorAll<HTMLElement>('[data-countdown]')) {
    const { countdown, sentence = '', due = '' } = place.dataset
    const left = Date.parse(countdown ?? '') - Date.now()
    if (Number.isNaN(left)) continue
    const smallest = calm.matches || left > 60 * MINUTE ? MINUTE : 1_000
    const style = place.closest('li') ? 'narrow' : 'long'
    const text = left > 0 ? sentence.replace('{time}', inWords(left, smallest, style)) : due
    if (place.textContent !== text) place.textContent = text
    isShown ||= left > 0
  }
  if (isShown) timer = setTimeout(show, 1_000 - (Date.now() % 1_000))
}

if ('DurationFormat' in Intl) {
  document.addEventListener('visibilitychange', show)
  document.addEventListener('shelf-changed', show)
  show()
}
