import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBrowser, formOf, type Visited } from '../sandbox/browser.ts'
import { BROADCASTERS } from '../sandbox/cast.ts'
import { linkOf, type Player, textOf } from '../sandbox/player.ts'
import { joinAsBuilder, linkChannel, logIn } from '../sandbox/scenes.ts'
import { createWorld, minutes, type World } from './world.ts'

async function twoBuilders(options: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld(options)
  const juniper = world.player('juniper')
  const moss = world.player('moss')
  await joinAsBuilder(juniper)
  await joinAsBuilder(moss)
  const channelOf = async (builder: Player) =>
    (await world.core.store.get('builders', builder.id))?.value.twitch?.channelId ?? null
  return {
    world,
    juniper,
    moss,
    channelOf,
    async nobodyIsLinked() {
      assert.deepEqual([await channelOf(juniper), await channelOf(moss)], [null, null])
      assert.deepEqual((await world.core.store.scan('channels', { limit: 10, cursor: null })).documents, [])
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

async function startLink(builder: Player): Promise<string> {
  return linkOf(await builder.answer(builder.c500('link-twitch')), /Link my channel/)
}

const login = (world: World, next: string) => `${world.web.url}/login?next=${encodeURIComponent(next)}`

/** A browser that somebody is logged in with. */
async function browserOf(world: World, person: Player) {
  const browser = createBrowser()
  const { status } = await logIn(browser, login(world, '/about'), person.id)
  assert.equal(status, 200)
  return browser
}

/** The line that sets the session of somebody who logs in. */
async function sessionCookie(world: World, person: Player): Promise<string> {
  const begun = await fetch(login(world, '/'), { redirect: 'manual' })
  const asked = await createBrowser().get(begun.headers.get('location') ?? '')
  const { action, fields } = formOf(asked)
  const body = new URLSearchParams({ ...fields, person: person.id })
  const agreed = await fetch(new URL(action, asked.url), { method: 'POST', body, redirect: 'manual' })
  const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const back = await fetch(agreed.headers.get('location') ?? '', { headers: { cookie }, redirect: 'manual' })
  return back.headers.getSetCookie().find((line) => line.startsWith('c500_session=')) ?? ''
}

/** What Twitch's page does when the person goes on as this channel. */
const agreeAs = (page: Visited, broadcasterId: string) => {
  const { action, fields } = formOf(page)
  return { action, fields: { ...fields, user: broadcasterId } }
}

/** Where Twitch sends a person who goes on as this channel: never opened. */
async function returnAddress(page: Visited, broadcasterId: string): Promise<string> {
  const { action, fields } = agreeAs(page, broadcasterId)
  const body = new URLSearchParams(fields)
  const response = await fetch(new URL(action, page.url), { method: 'POST', body, redirect: 'manual' })
  return response.headers.get('location') ?? ''
}

test('people log in with Discord, go on to where they wanted, and log out by a button of ours', async () => {
  await using world = await createWorld()
  const { web } = world
  const browser = createBrowser()
  const asked = await browser.get(login(world, '/about'))
  assert.match(asked.text, /Local Discord/)
  const { action, fields } = formOf(asked)
  const juniper = world.player('juniper')
  const back = await browser.submit(action, { ...fields, person: juniper.id })
  assert.equal(back.url, `${web.url}/about`)

  const cookies = await fetch(`${web.url}/login`, { redirect: 'manual' })
  const [visit = ''] = cookies.headers.getSetCookie()
  assert.match(visit, /^c500_login=.*Max-Age=600; Path=\/login\/return; HttpOnly; SameSite=Lax$/)

  const elsewhere = await fetch(`${web.url}/logout`, {
    method: 'POST',
    headers: { origin: 'https://evil.example', cookie: 'c500_session=x' },
    redirect: 'manual',
  })
  assert.equal(elsewhere.status, 403)
  assert.deepEqual(elsewhere.headers.getSetCookie(), [])
  const out = await browser.submit('/logout')
  assert.equal(out.url, `${web.url}/`)
})

test('a session is kept for thirty days in a cookie that no script reads', async () => {
  await using world = await createWorld()
  const juniper = world.player('juniper')
  const cookie = await sessionCookie(world, juniper)
  assert.match(cookie, /; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
  assert.ok(cookie.startsWith(`c500_session=${juniper.id}.`))
})

test('nobody is logged in who refused, came back twice, or did not begin here', async () => {
  await using world = await createWorld()
  const juniper = world.player('juniper')
  const refused = await logIn(createBrowser(), login(world, '/about'), 'deny')
  assert.equal(refused.status, 409)
  assert.match(refused.text, /You are not logged in/)

  const browser = createBrowser()
  const back = await logIn(browser, login(world, '/about'), juniper.id)
  const address = back.trail.find((url) => url.includes('/login/return'))
  assert.ok(address)
  const again = await browser.get(address)
  assert.equal(again.status, 400)
  assert.match(again.text, /did not begin here/)

  // Somebody prepares an address that would log the victim in as themselves.
  const asked = await createBrowser().get(login(world, '/about'))
  const { action, fields } = formOf(asked)
  const prepared = await fetch(new URL(action, asked.url), {
    method: 'POST',
    body: new URLSearchParams({ ...fields, person: juniper.id }),
    redirect: 'manual',
  })
  const victim = createBrowser()
  await victim.get(login(world, '/'))
  const lured = await victim.get(prepared.headers.get('location') ?? '')
  assert.equal(lured.status, 400)
  assert.match(lured.text, /did not begin here/)
  for (const odd of [
    '',
    '?state=',
    '?state=a&code=b',
    `?state=${'x'.repeat(5_000)}&code=y`,
    '?error=access_denied',
  ]) {
    assert.equal((await createBrowser().get(`${world.web.url}/login/return${odd}`)).status, 400, odd)
  }
})

test('a login leads to our own pages alone', async () => {
  await using world = await createWorld()
  const juniper = world.player('juniper')
  for (const next of [
    '//evil.example',
    'https://evil.example/',
    '/\\evil.example',
    'javascript:alert(1)',
    '',
  ]) {
    const { url } = await logIn(createBrowser(), login(world, next), juniper.id)
    assert.equal(url, `${world.web.url}/`, next)
  }
})

test('a builder is asked who they are, links the channel, and is told what holds now', async () => {
  await using shop = await twoBuilders()
  const { world, juniper } = shop
  const done = await linkChannel(juniper, BROADCASTERS.juniper.id)
  assert.equal(done.status, 200)
  assert.match(done.text, /Your channel is linked[\s\S]*Juniper_Makes/)
  assert.equal(await shop.channelOf(juniper), BROADCASTERS.juniper.id)
  await world.settle()
  assert.match(textOf(await juniper.answer(juniper.c500('join'))), /Juniper\\_Makes is linked/)
})

test('a link works once and for ten minutes, and opening it to look uses nothing up', async () => {
  await using shop = await twoBuilders()
  const { world, juniper } = shop
  const link = await startLink(juniper)
  for (let n = 0; n < 3; n++) {
    const preview = await createBrowser().get(link)
    assert.equal(preview.status, 200)
    assert.match(preview.text, /made for <bdi>Juniper<\/bdi>/)
    assert.doesNotMatch(preview.text, /Continue to Twitch/)
  }
  const browser = await browserOf(world, juniper)
  assert.match((await browser.get(link)).text, /Continue to Twitch/)
  assert.match((await browser.submit(link)).text, /Local Twitch/)
  const used = await browser.get(link)
  assert.equal(used.status, 404)
  assert.match(used.text, /has been used, or is too old/)

  const late = await startLink(juniper)
  await world.advance(minutes(10))
  assert.equal((await browser.get(late)).status, 404)
  assert.equal((await browser.submit(late)).status, 404)
  for (const odd of ['', '?t=', '?t=made-up', `?t=${'x'.repeat(300)}`, '?t=%00']) {
    const made = await browser.get(`${world.web.url}/link/twitch${odd}`)
    assert.equal(made.status, 404, odd)
  }
  await shop.nobodyIsLinked()
})

test('who refuses at Twitch has nothing linked, and may try again', async () => {
  await using shop = await twoBuilders()
  const { world, juniper } = shop
  const browser = await browserOf(world, juniper)
  const link = await startLink(juniper)
  await browser.get(link)
  const { action, fields } = formOf(await browser.submit(link))
  const back = await browser.submit(action, { ...fields, deny: 'yes' })
  assert.equal(back.status, 409)
  assert.match(back.text, /Nothing was linked/)
  await shop.nobodyIsLinked()
  assert.equal((await linkChannel(juniper, BROADCASTERS.juniper.id, browser)).status, 200)
})

test('a start link that was passed on links nobody', async () => {
  await using shop = await twoBuilders()
  const { world, juniper, moss } = shop
  // Moss sends his own link to Juniper, to have her channel on his account.
  const link = await startLink(moss)
  const victim = await browserOf(world, juniper)
  const page = await victim.get(link)
  assert.match(page.text, /This link is for <bdi>Moss<\/bdi>/)
  assert.doesNotMatch(page.text, /Continue to Twitch/)
  const forced = await victim.submit(link)
  assert.match(forced.text, /This link is for <bdi>Moss<\/bdi>/)
  const unknown = createBrowser()
  await unknown.get(link)
  assert.match((await unknown.submit(link)).text, /Log in with Discord/)
  // A form on a page of Moss's own.
  const foreign = await fetch(link, { method: 'POST', headers: { origin: 'https://evil.example' } })
  assert.equal(foreign.status, 403)
  assert.equal((await fetch(link, { method: 'POST' })).status, 403, 'who does not say where from')
  await shop.nobodyIsLinked()
  const his = await browserOf(world, moss)
  assert.match((await his.get(link)).text, /Continue to Twitch/, 'and his link is still good for himself')
})

test("Twitch's page or a return address that somebody else prepared links nobody", async () => {
  await using shop = await twoBuilders()
  const { world, juniper, moss } = shop
  const attacker = await browserOf(world, moss)
  const victim = await browserOf(world, juniper)
  const atTwitch = async () => {
    const link = await startLink(moss)
    await attacker.get(link)
    return attacker.submit(link)
  }

  // Juniper agrees on a page of Twitch's that carries Moss's state: her channel must not become his.
  const lured = await victim.get((await atTwitch()).url)
  const { action, fields } = agreeAs(lured, BROADCASTERS.juniper.id)
  const back = await victim.submit(action, fields)
  assert.equal(back.status, 400)
  assert.match(back.text, /nothing was linked now/)
  await shop.nobodyIsLinked()

  // Moss agreed as himself and sends the address to come back to: his channel must not become hers.
  const prepared = await returnAddress(await atTwitch(), BROADCASTERS.moss.id)
  assert.equal((await victim.get(prepared)).status, 400)
  await shop.nobodyIsLinked()

  // Her own state, stolen: in his browser, and with his code in a browser of hers that did not begin.
  const hers = await startLink(juniper)
  await victim.get(hers)
  const stolen = await victim.submit(hers)
  const withHisCode = await returnAddress(stolen, BROADCASTERS.moss.id)
  assert.equal((await attacker.get(withHisCode)).status, 400)
  const second = await browserOf(world, juniper)
  assert.equal((await second.get(withHisCode)).status, 400)
  // Even a browser that was made to keep her state is asked whose it is.
  const cookie = `c500_twitch=${new URL(withHisCode).searchParams.get('state') ?? ''}`
  const unknown = await fetch(withHisCode, { headers: { cookie } })
  assert.equal(unknown.status, 401)
  await shop.nobodyIsLinked()
})

test('a state that comes back in the right browser with the wrong login is not used up', async () => {
  await using shop = await twoBuilders()
  const { world, juniper, moss } = shop
  const browser = await browserOf(world, juniper)
  const link = await startLink(juniper)
  await browser.get(link)
  const address = await returnAddress(await browser.submit(link), BROADCASTERS.juniper.id)
  const state = new URL(address).searchParams.get('state') ?? ''
  const session = (await sessionCookie(world, moss)).split(';')[0]
  const wrong = await fetch(address, { headers: { cookie: `c500_twitch=${state}; ${session}` } })
  assert.equal(wrong.status, 403)
  assert.match(await wrong.text(), /belongs to somebody else/)
  await shop.nobodyIsLinked()
  assert.equal((await browser.get(address)).status, 200)
  assert.equal(await shop.channelOf(juniper), BROADCASTERS.juniper.id)
})

test('one channel belongs to one builder, and one builder has one channel', async () => {
  await using shop = await twoBuilders()
  const { juniper, moss } = shop
  await linkChannel(juniper, BROADCASTERS.juniper.id)
  const taken = await linkChannel(moss, BROADCASTERS.juniper.id)
  assert.equal(taken.status, 409)
  assert.match(taken.text, /Another builder has linked it/)
  assert.equal(await shop.channelOf(moss), null)
  const other = await linkChannel(juniper, BROADCASTERS.wren.id)
  assert.equal(other.status, 200)
  assert.equal(await shop.channelOf(juniper), BROADCASTERS.wren.id)
  assert.equal((await linkChannel(moss, BROADCASTERS.juniper.id)).status, 200, 'the first one is free again')
})

test('two builders who come back from Twitch at the same moment with one channel: one of them has it', async () => {
  await using shop = await twoBuilders()
  const { world, juniper, moss } = shop
  const returns = await Promise.all(
    [juniper, moss].map(async (builder) => {
      const browser = await browserOf(world, builder)
      const link = await startLink(builder)
      await browser.get(link)
      return { browser, address: await returnAddress(await browser.submit(link), BROADCASTERS.poppy.id) }
    }),
  )
  const ends = await Promise.all(returns.map(({ browser, address }) => browser.get(address)))
  assert.deepEqual(ends.map(({ status }) => status).toSorted(), [200, 409])
})

test('letting a channel go is asked once', async () => {
  await using shop = await twoBuilders()
  const { world, juniper } = shop
  assert.match(
    textOf(await juniper.answer(juniper.c500('unlink-twitch'))),
    /No Twitch channel of yours is linked/,
  )
  await linkChannel(juniper, BROADCASTERS.juniper.id)
  const question = await juniper.answer(juniper.c500('unlink-twitch'))
  assert.match(textOf(question), /Let the channel go\?[\s\S]*Juniper\\_Makes/)
  assert.equal(await shop.channelOf(juniper), BROADCASTERS.juniper.id)
  const done = await juniper.answer(juniper.press(question, /Yes, let it go/))
  assert.match(textOf(done), /no longer linked/)
  assert.equal(await shop.channelOf(juniper), null)
  await world.settle()
  const { subscriptions } = (await (await fetch(`${world.twitch.url}/local/summary`)).json()) as {
    subscriptions: { type: string }[]
  }
  assert.deepEqual(
    subscriptions.map(({ type }) => type),
    ['user.authorization.revoke'],
  )
})

test('only a builder is given a link', async () => {
  await using world = await createWorld()
  const poppy = world.player('poppy')
  assert.match(textOf(await poppy.answer(poppy.c500('link-twitch'))), /not a builder here yet/)
})

test('a collective without Twitch and without a login says so', async () => {
  await using shop = await twoBuilders({
    coreEnv: { TWITCH_CLIENT_ID: '', TWITCH_CLIENT_SECRET: '', DISCORD_CLIENT_ID: '' },
  })
  const { world, juniper } = shop
  assert.match(textOf(await juniper.answer(juniper.c500('link-twitch'))), /does without Twitch/)
  const browser = createBrowser()
  const off = await browser.get(`${world.web.url}/login`)
  assert.equal(off.status, 409)
  assert.match(off.text, /There is no login here/)
  assert.match((await browser.get(`${world.web.url}/link/twitch?t=abc`)).text, /There is no Twitch here/)
})
