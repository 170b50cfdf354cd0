/** A person's browser as code, as far as logging in needs one: it keeps cookies and follows redirects. */
export interface Browser {
  get(url: string): Promise<Visited>
  /** Send a form of the page that this browser is on, as its button does; relative addresses start there. */
  submit(action: string, fields?: Readonly<Record<string, string>>): Promise<Visited>
}

export interface Visited {
  /** Where the browser ended. */
  readonly url: string
  readonly status: number
  readonly text: string
  /** The addresses it went through, the last one included. */
  readonly trail: readonly string[]
}

interface Cookie {
  readonly host: string
  readonly path: string
  readonly name: string
  readonly value: string
}

const MOST_REDIRECTS = 10

export function createBrowser(): Browser {
  const jar = new Map<string, Cookie>()
  let here = 'about:blank'

  function cookiesFor(url: URL): string {
    const fitting = [...jar.values()].filter(
      ({ host, path }) =>
        host === url.hostname &&
        (url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`)),
    )
    return fitting.map(({ name, value }) => `${name}=${value}`).join('; ')
  }

  function keep(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(/;\s*/)
      const at = pair.indexOf('=')
      const attribute = (name: string) =>
        attributes.find((one) => one.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
      const path = attribute('path') ?? '/'
      const cookie = { host: url.hostname, path, name: pair.slice(0, at), value: pair.slice(at + 1) }
      const key = `${cookie.host} ${path} ${cookie.name}`
      if (Number(attribute('max-age')) === 0) jar.delete(key)
      else jar.set(key, cookie)
    }
  }

  async function visit(address: string, init: RequestInit): Promise<Visited> {
    const trail: string[] = []
    let url = new URL(address)
    let next = init
    for (;;) {
      trail.push(url.href)
      const cookie = cookiesFor(url)
      const headers = { ...(next.headers as Record<string, string>), ...(cookie && { cookie }) }
      const response = await fetch(url, { ...next, headers, redirect: 'manual' })
      keep(url, response.headers.getSetCookie())
      const to = response.headers.get('location')
      if (to === null || response.status < 300 || response.status > 399) {
        here = url.href
        return { url: here, status: response.status, text: await response.text(), trail }
      }
      await response.body?.cancel()
      if (trail.length > MOST_REDIRECTS)
        throw new Error(`The browser was sent in circles: ${trail.join(' ')}`)
      url = new URL(to, url)
      next = {}
    }
  }

  return {
    get: (url) => visit(url, {}),
    submit(action, fields = {}) {
      const url = new URL(action, here)
      const headers = { origin: new URL(here).origin }
      return visit(url.href, { method: 'POST', body: new URLSearchParams(fields), headers })
    },
  }
}

/** The fields of a page's first form that the person does not see, and where it is sent. */
export function formOf({ text }: Visited): {
  readonly action: string
  readonly fields: Record<string, string>
} {
  const plain = (value: string) =>
    value
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
  const [, action] = /<form method="post" action="([^"]*)"/.exec(text) ?? []
  if (action === undefined) throw new Error(`There is no form on this page: ${text.slice(0, 300)}`)
  const hidden = [...text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
  const fields = hidden.map(([, name = '', value = '']) => [plain(name), plain(value)])
  return { action: plain(action), fields: Object.fromEntries(fields) as Record<string, string> }
}
