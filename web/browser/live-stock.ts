// What changed in the shop meanwhile is put into the open page. The server sends the very pieces that the page would
// have after a reload. Without a stream the page stays as it was loaded.
const COME_BACK_MS = 60_000
/** As many as the server listens for. */
const MOST_DROPS = 100
const drops = [...document.querySelectorAll<HTMLElement>('[data-drop]')].slice(0, MOST_DROPS)
let source: EventSource | null = null
let comeBack = 0

function connect(): void {
  clearTimeout(comeBack)
  source?.close()
  source = null
  if (document.hidden) return
  const shown = drops.map(({ dataset }) => ['drop', `${dataset.drop}~${dataset.mark}`])
  source = new EventSource(`/live?${new URLSearchParams(shown)}`)
  source.onmessage = ({ data }) => show(JSON.parse(data))
  source.onerror = () => {
    // A cut stream is taken up by the browser; a refused one is ours to ask for again, each page at its own moment.
    if (source?.readyState !== EventSource.CLOSED) return
    comeBack = setTimeout(connect, COME_BACK_MS * (1 + Math.random()))
  }
}

function show(change: { dropId: string; mark: string; parts: Record<string, string> }): void {
  for (const drop of drops.filter(({ dataset }) => dataset.drop === change.dropId)) {
    drop.dataset.mark = change.mark
    // In a list nothing moves away from under a finger when a card has less to say.
    if (drop.matches('li')) drop.style.minHeight = `${drop.getBoundingClientRect().height}px`
    for (const [name, html] of Object.entries(change.parts)) {
      const place = drop.querySelector<HTMLElement>(`[data-live="${name}"]`)
      if (place) fill(place, html)
    }
    tell(drop)
  }
  // For what else looks after these pieces, before they are seen: times, countdowns.
  document.dispatchEvent(new Event('shelf-changed'))
}

function fill(place: HTMLElement, html: string): void {
  const next = document.createElement('template')
  next.innerHTML = html
  if (next.innerHTML === place.innerHTML) return
  const hadFocus = place.contains(document.activeElement)
  place.replaceChildren(next.content)
  // A sentence around nothing is no sentence.
  if (place.parentElement?.tagName === 'P') place.parentElement.hidden = html === ''
  if (hadFocus) place.querySelector('a')?.focus()
}

/** Those who cannot see the page hear of a new state, not of every unit, and only where one drop is the subject. */
function tell(drop: HTMLElement): void {
  const status = drop.querySelector('[data-live-status]')
  const chip = drop.querySelector('.chip')
  if (!status || !chip || drop.dataset.told === chip.className) return
  if (drop.dataset.told !== undefined) status.textContent = chip.textContent
  drop.dataset.told = chip.className
}

if (drops.length > 0 && 'EventSource' in window) {
  for (const drop of drops) tell(drop)
  document.addEventListener('visibilitychange', connect)
  connect()
}
