import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { launchBrowser } from '../../tests/browser.ts'
import { APP, openTestTwitch, type TestTwitch, wish } from './test-stand.ts'

const home = async (twitch: TestTwitch, query = '') => (await twitch.ask('GET', `/${query}`)).text

test('the page’s forms do what the controls do and come back to their place, or say why not', async (t) => {
  const twitch = await openTestTwitch(t)
  const [made] = (await twitch.subscribe('stream.online')).body.data
  const done: readonly (readonly [string, Record<string, string>, string])[] = [
    ['/users', { login: 'fern_folds' }, '/#users'],
    ['/users/501/live', { title: 'Glazing <day>', game: '', type: 'live' }, '/#user-501'],
    ['/users/501/flap', {}, '/#user-501'],
    ['/mood', { mode: 'twice', delayMs: '5000', order: 'reversed' }, '/#mood'],
    ['/settings', { appearMs: '60000', lingerMs: '300000' }, '/#settings'],
    ['/faults', { kind: '429', route: 'GET /helix/users', times: '2' }, '/#faults'],
    [`/subscriptions/${made.id}/revoke`, { status: 'version_removed' }, '/#subscriptions'],
  ]
  for (const [path, fields, place] of done) {
    const answer = await twitch.form(`/local${path}`, fields)
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, place], path)
  }
  const page = await home(twitch)
  for (const shown of [
    'fern_folds',
    'Glazing &lt;day&gt;',
    'Makers &amp; Crafting',
    'Next, 2 times',
    'version removed',
  ])
    assert.ok(page.includes(shown), shown)
  await twitch.form('/local/faults/clear', {})
  assert.match(await home(twitch), /Nothing is waiting to go wrong/)
  const refused = await twitch.form('/local/users/501/live', {})
  assert.equal(refused.status, 409)
  assert.match(refused.text, /role="alert">Juniper_Makes is live already\./)
})

test('a thousand people are made at once, and can be found', async (t) => {
  const twitch = await openTestTwitch(t)
  const { body } = await twitch.control('/users', { count: 1_000 })
  assert.equal(new Set(body.ids).size, 1_000)
  await twitch.control(`/users/${body.ids[999]}/live`)
  const page = await home(twitch)
  assert.match(page, /12 of 1004 people/)
  assert.ok(page.indexOf('maker_2000') < page.indexOf('juniper_makes'), 'who is live comes first')
  assert.match(await home(twitch, '?q=MAKER_15'), /12 of 100 people/)
})

test('controls refuse what they cannot do, and pages of other origins', async (t) => {
  const twitch = await openTestTwitch(t)
  const refused: readonly (readonly [string, object, number])[] = [
    ['/users', { login: 'Not A Login' }, 400],
    ['/users', { login: 'mossworks' }, 409],
    ['/users', { count: 10_001 }, 400],
    ['/users/999/live', {}, 404],
    ['/users/501/live', { type: 'sleeping' }, 400],
    ['/users/501/flap', {}, 409],
    ['/mood', { mode: 'grumpy' }, 400],
    ['/settings', { movedByMs: 5 }, 400],
    ['/nothing', {}, 404],
  ]
  for (const [path, body, status] of refused) {
    const answer = await twitch.control(path, body)
    assert.deepEqual([answer.status, typeof answer.body.error], [status, 'string'], path)
  }
  const headers = { origin: 'https://evil.example' }
  assert.equal((await twitch.ask('POST', '/local/users/501/live', { headers, body: '{}' })).status, 403)
  const own = { origin: twitch.local.url }
  assert.equal((await twitch.ask('POST', '/local/users/501/live', { headers: own, body: '{}' })).status, 200)
})

test('the summary keeps secrets and tokens to itself', async (t) => {
  const twitch = await openTestTwitch(t)
  const { access_token: token, refresh_token: refreshToken } = await twitch.userToken('501')
  await twitch.subscribe('stream.online')
  const { text, body } = await twitch.ask('GET', '/local/summary')
  assert.equal(body.users.find(({ id }: { id: string }) => id === '501').authorised, true)
  for (const secret of [token, refreshToken, APP.clientSecret, 'a-secret-of-eventsub'])
    assert.ok(!text.includes(secret))
})

test('the pages pass the accessibility check and work in a browser', async (t) => {
  const twitch = await openTestTwitch(t)
  await twitch.subscribe('stream.online')
  await twitch.control('/users/502/live')
  const browser = await launchBrowser()
  t.after(() => browser.close())
  const context = await browser.newContext({ viewport: { width: 400, height: 800 } })
  const page = await context.newPage()
  for (const path of ['/', `/oauth2/authorize?${new URLSearchParams(wish())}`]) {
    await page.goto(twitch.local.url + path)
    const { violations } = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(
      violations.map(({ id }) => id),
      [],
      path,
    )
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 400, path)
  }
  await page.goto(twitch.local.url)
  await page.getByRole('button', { name: 'Go live as Juniper_Makes' }).click()
  await page.waitForURL(/#user-501$/)
  await page.getByRole('button', { name: 'End the stream Juniper_Makes' }).waitFor()
  const news = (await twitch.news()).filter(({ kind }) => kind === 'notification')
  assert.deepEqual(
    news.map(({ body }) => body.event?.broadcaster_user_id),
    ['501'],
  )
})
