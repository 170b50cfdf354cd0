// Moments are written in UTC by the server; here they become the visitor's own time.
// In the words and customs that the page is written in. The page is not shown before (`blocking`), so that no line grows
// or shrinks under a reader's eyes.
const locale = document.documentElement.lang
const time = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' })
const day = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short' })

function show(): void {
  const today = day.format(new Date())
  for (const element of document.querySelectorAll('time[datetime]')) {
    const at = new Date(element.getAttribute('datetime') ?? '')
    if (Number.isNaN(at.getTime())) continue
    const on = day.format(at)
    element.textContent = `${on === today ? 'today' : on}, ${time.format(at)}`
  }
}

document.addEventListener('shelf-changed', show)
show()
