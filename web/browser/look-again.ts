// A waiting page asks quietly whether the answer has come, and only then turns: nothing flickers meanwhile, and a
// screen reader is not sent back to the top. Without script the page has a plain refresh instead.
const waiting = document.querySelector<HTMLElement>('[data-look-again]')

async function look(url: string): Promise<void> {
  // A redirect leads to the pay page elsewhere: follow it as a whole page.
  const response = await fetch(url, { redirect: 'manual' }).catch(() => null)
  if (!response || response.status >= 500) return later(url)
  if (response.type === 'opaqueredirect' || !response.ok) return location.replace(url)
  const next = new DOMParser().parseFromString(await response.text(), 'text/html')
  const still = next.querySelector<HTMLElement>('[data-look-again]')?.dataset
  if (!still?.lookAgain) return location.replace(url)
  later(still.lookAgain)
}

function later(url: string): void {
  setTimeout(() => look(url), Number(waiting?.dataset.seconds ?? 2) * 1_000)
}

if (waiting?.dataset.lookAgain) later(waiting.dataset.lookAgain)
