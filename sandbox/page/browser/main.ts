import { startChat } from './chat.ts'

const HELP_KEY = 'c500:help'

function find(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (!found) throw new Error(`The page has no #${id}.`)
  return found
}

const app = find('app')
const rail = find('rail')
const railToggle = find('rail-toggle')
const helpToggle = find('help-toggle')
const narrow = matchMedia('(max-width: 1100px)')

function showRail(open: boolean): void {
  app.classList.toggle('rail-open', open)
  railToggle.setAttribute('aria-expanded', String(open))
}

function showHelp(open: boolean): void {
  app.classList.toggle('help-open', open)
  helpToggle.setAttribute('aria-expanded', String(open))
  // On a narrow page the help covers the chat: nobody wants it back at every visit.
  if (!narrow.matches) localStorage.setItem(HELP_KEY, open ? 'open' : 'closed')
}

showHelp(!narrow.matches && localStorage.getItem(HELP_KEY) !== 'closed')
narrow.addEventListener('change', () =>
  showHelp(!narrow.matches && localStorage.getItem(HELP_KEY) !== 'closed'),
)
railToggle.addEventListener('click', () => showRail(!app.classList.contains('rail-open')))
helpToggle.addEventListener('click', () => showHelp(!app.classList.contains('help-open')))
find('help-close').addEventListener('click', () => {
  showHelp(false)
  helpToggle.focus()
})
// The address names who and where one is, so the skip link moves the focus without it.
find('skip').addEventListener('click', (event) => {
  event.preventDefault()
  document.getElementById('composer')?.focus()
})
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.defaultPrevented) return
  if (app.classList.contains('rail-open')) {
    showRail(false)
    railToggle.focus()
  } else if (narrow.matches && app.classList.contains('help-open')) {
    showHelp(false)
    helpToggle.focus()
  }
})

startChat({
  people: find('people'),
  rail,
  chat: find('chat'),
  arrived() {
    showRail(false)
    if (narrow.matches) showHelp(false)
  },
})
