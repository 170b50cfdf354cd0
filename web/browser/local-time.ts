// Moments are written in UTC by the server; here they become the visitor's own time.
// In the words and customs that the page is written in. The page is not shown before (`blocking`), so that no line grows
// or shrinks under a reader's eyes.
const locale = document.documentElement.lang
const time = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' })
const date = { weekday: 'short', day: 'numeric', month: 'short' } as const
const day = new Intl.DateTimeFormat(locale, date)
const dayOfAnotherYear = new Intl.DateTimeFormat(locale, { ...date, year: 'numeric' })

function show(): void {
  const now = new Date()
  const today = dayOfAnotherYear.format(now)
  for (const element of document.querySelectorAll('time[datetime]')) {
    const at = new Date(element.getAttribute('datetime') ?? '')
    if (Number.isNaN(at.getTime())) continue
    const isToday = dayOfAnotherYear.format(at) === today
    const on = (at.getFullYear() === now.getFullYear() ? day : dayOfAnotherYear).format(at)
    element.textContent = `${isToday ? 'today' : on}, ${time.format(at)}`
  }
}

document.addEventListener('shelf-changed', show)
show()
