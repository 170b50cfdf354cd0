import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { Hono } from 'hono'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import sharp from 'sharp'
import { launchBrowser } from '../../tests/browser.ts'
import { CHANNELS, PEOPLE } from '../cast.ts'
import type { ActResult, CommandAct, ModalAct } from '../people.ts'
import { createFakePeople, type FakePeople } from './fake-people.ts'
import { startSandboxPage } from './start.ts'

const LINKS = { web: 'http://127.0.0.1:8501', stripe: 'http://127.0.0.1:8511', twitch: null }
const DROPS = CHANNELS.drops.id
let browser: Browser

before(async () => {
  browser = await launchBrowser()
})
after(() => browser.close())

interface Visit {
  readonly page: Page
  readonly people: FakePeople
  readonly url: string
  /** A second window on the same chat. */
  open(hash: string, options?: BrowserContextOptions): Promise<Page>
  [Symbol.asyncDispose](): Promise<void>
}

/** A chat with a fake app behind it, seen by one person. Anything the browser complains of fails the test. */
async function visit(hash: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const people = createFakePeople()
  const server = await startSandboxPage({ host: '127.0.0.1', port: 0, people: people.routes, links: LINKS })
  const complaints: string[] = []
  const pages: Page[] = []
  const open = async (to: string, more: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', ...more })
    const page = await context.newPage()
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (line) => {
      // A stream that ends, and what a person may not do, are told in the page itself.
      const isUsual = /ERR_INCOMPLETE_CHUNKED|status of 403/.test(line.text())
      if (line.type() === 'error' && !isUsual) complaints.push(line.text())
    })
    pages.push(page)
    const live = page.waitForResponse((response) => response.url().includes('/people/live'))
    await page.goto(`${server.url}/${to}`)
    await live
    return page
  }
  return {
    people,
    url: server.url,
    page: await open(hash, options),
    open,
    async [Symbol.asyncDispose]() {
      for (const page of pages) await page.context().close()
      await server.close()
      assert.deepEqual(complaints, [])
    },
  }
}

const card = (left: number) => ({
  id: '100000000000009999',
  channel_id: DROPS,
  embeds: [
    {
      title: 'Moss tea cup',
      description: 'Thrown **slowly**. Closes <t:1900000000:R>.',
      color: 0xf8c8d4,
      fields: [{ name: 'Left', value: `${left} of 3 left`, inline: true }],
      footer: { text: 'by Juniper' },
    },
  ],
  components: [
    {
      type: 1 as const,
      components: [{ type: 2 as const, style: 1 as const, label: 'Buy now', custom_id: 'v1:buy:drp_1' }],
    },
  ],
})

const dropForm: ActResult = {
  result: 'modal',
  modalId: 'modal-1',
  modal: {
    custom_id: 'v1:drop',
    title: 'A new drop',
    components: [
      { type: 18, label: 'Title', component: { type: 4, custom_id: 'title', style: 1, max_length: 60 } },
      {
        type: 18,
        label: 'Story',
        component: { type: 4, custom_id: 'story', style: 2, min_length: 5, required: false },
      },
      {
        type: 18,
        label: 'Shipping',
        component: {
          type: 21,
          custom_id: 'shipping',
          options: [
            { label: 'Post', value: 'post', default: true },
            { label: 'By hand', value: 'hand' },
          ],
        },
      },
      {
        type: 18,
        label: 'Picture',
        description: 'One photo of the piece',
        component: { type: 19, custom_id: 'picture', max_values: 1, required: false, file_types: ['image'] },
      },
      { type: 18, label: 'Gift wrap', component: { type: 23, custom_id: 'wrap' } },
    ],
  },
}

test('a person runs a command, fills its form with a picture and reads the private answer', async () => {
  await using chat = await visit('#as=juniper&channel=drops')
  const { page, people } = chat
  const commands: CommandAct[] = []
  const modals: ModalAct[] = []
  let sentFiles: readonly string[] = []
  people.app = {
    ...people.app,
    command(act) {
      commands.push(act)
      return dropForm
    },
    modal(act, files) {
      modals.push(act)
      sentFiles = files.map(({ field, file }) => `${field} ${file.name} ${file.type}`)
      const message = people.say({
        channel_id: DROPS,
        onlyFor: PEOPLE.juniper.id,
        content: 'Here is your *preview*',
      })
      return { result: 'message', message }
    },
  }

  await page.getByTestId('composer').fill('/c500 dr')
  await page.getByTestId('command-c500-drop').waitFor()
  await page.keyboard.press('Enter')
  await page.getByTestId('option-closes_in_hours').fill('48')
  await page.getByTestId('run').click()

  const modal = page.getByTestId('modal')
  await modal.getByTestId('field-title').fill('Moss tea cup')
  await modal.getByTestId('field-story').fill('hm')
  await modal.getByTestId('field-wrap').check()
  const picture = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#c6e8d5' } })
    .png()
    .toBuffer()
  await modal
    .getByTestId('field-picture')
    .setInputFiles({ name: 'cup.png', mimeType: 'image/png', buffer: picture })
  await modal.getByText('cup.png').waitFor()
  await modal.getByTestId('modal-submit').click()
  await modal.getByText('This needs at least 5 characters.').waitFor()
  assert.equal(modals.length, 0, 'a form with a mistake stays with the person')
  await modal.getByTestId('field-story').fill('Thrown slowly')
  await modal.getByTestId('modal-submit').click()

  const answer = page.getByTestId('message').filter({ hasText: 'Here is your preview' })
  await answer.waitFor()
  assert.equal(await answer.getAttribute('data-ephemeral'), 'true')
  assert.equal(await answer.locator('em').textContent(), 'preview')
  assert.ok(await answer.getByText('Only you can see this').isVisible())
  assert.equal(await modal.count(), 0)
  assert.deepEqual(commands[0], {
    as: PEOPLE.juniper.id,
    channelId: DROPS,
    path: ['c500', 'drop'],
    options: { closes_in_hours: 48 },
  })
  assert.deepEqual(modals[0]?.values, {
    title: 'Moss tea cup',
    story: 'Thrown slowly',
    shipping: 'post',
    wrap: 'true',
  })
  assert.deepEqual(sentFiles, ['picture cup.png image/png'])

  await answer.getByRole('button', { name: 'Dismiss message' }).click()
  assert.equal(await answer.count(), 0)
})

test('a card pressed by one person is redrawn for another without a reload', async () => {
  await using chat = await visit('#as=poppy&channel=drops')
  const { page, people } = chat
  const wren = await chat.open('#as=wren&channel=drops')
  people.say(card(3))
  people.app = {
    ...people.app,
    component(act) {
      assert.equal(act.as, PEOPLE.poppy.id)
      people.say(card(2))
      const message = people.say({ channel_id: DROPS, onlyFor: act.as, content: 'Held for you' })
      return { result: 'message', message }
    },
  }

  await page.locator('[data-custom-id="v1:buy:drp_1"]').click()
  await page.getByText('Held for you').waitFor()
  await wren.getByText('2 of 3 left').waitFor()
  assert.equal(
    await wren.getByText('Held for you').count(),
    0,
    'a private answer is seen by its person alone',
  )
  assert.equal(await wren.getByTestId('message').count(), 1, 'an edit takes the place of the message')
})

test('the address says who one is and where, and the browser remembers who', async () => {
  await using chat = await visit('#as=poppy&channel=lounge')
  const { page, people } = chat
  people.addChannel({ id: '900', name: 'c500', kind: 'dm', memberIds: [PEOPLE.moss.id] })
  assert.equal(await page.getByTestId('person-poppy').getAttribute('aria-current'), 'true')
  await page.getByTestId('person-moss').click()
  await page.locator('[data-testid="person-moss"][aria-current]').waitFor()
  people.say({ channel_id: '900', content: 'Somebody bought your cup' })
  await page.locator('[data-testid="channel-dm"][data-unread]').click()
  await page.getByText('Somebody bought your cup').waitFor()
  await page.locator('[data-testid="channel-dm"]:not([data-unread])').waitFor()
  assert.match(page.url(), /#as=moss&channel=dm$/)

  await page.goto(`${chat.url}/?again`)
  await page.locator('[data-testid="person-moss"][aria-current]').waitFor()
})

test('an app that does not answer in time is told in the chat, and a slow one thinks', async () => {
  await using chat = await visit('#as=wren&channel=lounge')
  const { page, people } = chat
  const run = async () => {
    await page.getByTestId('composer').fill('/c500 profile')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
  }
  people.app = {
    ...people.app,
    command: () => ({ result: 'failed', reason: 'The application did not respond' }),
  }
  await run()
  await page.getByTestId('failure').getByText('The application did not respond').waitFor()

  const messageId = '100000000000008888'
  people.app = { ...people.app, command: () => ({ result: 'deferred', messageId }) }
  await run()
  await page.getByTestId('thinking').waitFor()
  people.say({
    id: messageId,
    channel_id: CHANNELS.lounge.id,
    onlyFor: PEOPLE.wren.id,
    content: 'Two orders',
  })
  await page.getByText('Two orders').waitFor()
  assert.equal(await page.getByTestId('thinking').count(), 0)
})

/** How many pixels of the list are out of sight below. */
const BELOW = '((m) => m.scrollHeight - m.scrollTop - m.clientHeight)(document.querySelector(".messages"))'
const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

test('suggestions come from the app, fit a narrow window and send their value', async () => {
  await using chat = await visit('#as=poppy&channel=drops', { viewport: { width: 360, height: 700 } })
  const { page, people } = chat
  const sent: CommandAct[] = []
  people.app = {
    ...people.app,
    autocomplete: (act) => ({
      choices: act.options.order === 'cup' ? [{ name: 'Moss tea cup · paid', value: 'ord_1' }] : [],
    }),
    command(act) {
      sent.push(act)
      return { result: 'ok' }
    },
  }
  await page.getByTestId('composer').fill('/c500 order')
  await page.keyboard.press('Enter')
  await page.getByTestId('option-order').fill('cup')
  await page.getByTestId('suggestion').waitFor()
  assert.equal(await page.evaluate(OVERFLOW), 0)
  await page.keyboard.press('Enter')
  assert.equal(await page.getByTestId('option-order').inputValue(), 'Moss tea cup · paid')
  await page.keyboard.press('Enter')
  await page.getByTestId('composer').waitFor()
  assert.deepEqual(sent[0]?.options, { order: 'ord_1' })
})

test('plain words go to the people of a place, and where one may not write they stay in the line', async () => {
  await using chat = await visit('#as=poppy&channel=lounge')
  const { page } = chat
  await page.getByTestId('composer').fill('hello there')
  await page.keyboard.press('Enter')
  await page.getByTestId('message').getByText('hello there').waitFor()
  await page.getByText('The app does not read what people write.').waitFor()
  assert.equal(await page.getByTestId('composer').inputValue(), '')

  await page.goto(new URL('#as=poppy&channel=drops', page.url()).href)
  await page.getByTestId('composer').fill('hello drops')
  await page.keyboard.press('Enter')
  await page.getByText('You do not have permission to send messages here.').waitFor()
  assert.equal(await page.getByTestId('composer').inputValue(), 'hello drops')
})

test('what a message says never becomes markup, and only web addresses become links', async () => {
  await using chat = await visit('#as=poppy&channel=drops')
  const { page, people } = chat
  const evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
  people.say({
    channel_id: DROPS,
    content: `${evil} [press](javascript:alert(1)) \\*kept\\* <@${PEOPLE.wren.id}> <#${CHANNELS.live.id}>`,
    embeds: [
      { title: evil, url: 'javascript:alert(1)', description: evil, image: { url: 'data:text/html,x' } },
    ],
    components: [{ type: 1, components: [{ type: 2, style: 5, label: 'Go', url: 'javascript:alert(1)' }] }],
  })
  const message = page.getByTestId('message')
  await message.waitFor()
  assert.equal(await message.locator('img, script').count(), 0)
  assert.equal(await page.evaluate('window.hit'), undefined)
  assert.deepEqual(await message.locator('a').allTextContents(), ['#live'])
  const words = (await message.textContent()) ?? ''
  assert.ok(words.includes('*kept* @Wren #live'), words)
  assert.ok(await message.getByRole('button', { name: 'Go' }).isDisabled())
})

test('the newest message stays in sight unless the person scrolled up', async () => {
  await using chat = await visit('#as=poppy&channel=lounge', { viewport: { width: 800, height: 500 } })
  const { page, people } = chat
  const say = (content: string) => people.say({ channel_id: CHANNELS.lounge.id, content })
  for (let count = 1; count <= 30; count++) say(`Message ${count}`)
  await page.getByTestId('message').nth(29).waitFor()
  assert.equal(await page.evaluate(BELOW), 0)
  await page.getByText('Message 28', { exact: true }).hover()
  const scrolled = page.evaluate(
    "new Promise((done) => document.querySelector('.messages').addEventListener('scroll', () => done(), { once: true }))",
  )
  await page.mouse.wheel(0, -400)
  await scrolled
  say('Far below')
  await page.getByRole('button', { name: 'Jump to the newest' }).click()
  await page.getByRole('button', { name: 'Jump to the newest' }).waitFor({ state: 'hidden' })
  assert.equal(await page.evaluate(BELOW), 0)
  assert.ok(await page.getByText('Far below').isVisible())
})

test('after the connection broke, the page catches up by itself', async () => {
  await using chat = await visit('#as=poppy&channel=drops')
  const { page, people } = chat
  people.say(card(3))
  await page.getByText('3 of 3 left').waitFor()
  const again = page.waitForResponse((response) => response.url().includes('/people/live'))
  people.breakStreams()
  people.say(card(1))
  await again
  await page.getByText('1 of 3 left').waitFor()
})

test('closing direct messages is told to the chat and shown as the state it is', async () => {
  await using chat = await visit('#as=poppy&channel=drops')
  const { page } = chat
  await page.getByTestId('close-dms').check()
  await page.getByText('Poppy takes no direct messages now.').waitFor()
  await page.reload()
  await page.locator('[data-testid="close-dms"]:checked').waitFor()
})

test('a form traps the focus, leaves by Escape and gives the focus back', async () => {
  await using chat = await visit('#as=poppy&channel=drops')
  const { page, people } = chat
  people.say(card(3))
  people.app = { ...people.app, component: () => dropForm }
  await page.locator('[data-custom-id="v1:buy:drp_1"]').focus()
  await page.keyboard.press('Enter')
  await page.getByTestId('field-title').waitFor()
  assert.equal(await page.evaluate('document.activeElement.id'), 'field-title')
  await page.keyboard.press('Escape')
  await page.getByTestId('modal').waitFor({ state: 'detached' })
  assert.equal(await page.evaluate('document.activeElement.dataset.customId'), 'v1:buy:drp_1')
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 360]) {
    test(`${width} pixels wide in the ${colorScheme} scheme nothing hinders anybody`, async () => {
      await using chat = await visit('#as=poppy&channel=drops', {
        colorScheme,
        viewport: { width, height: 800 },
      })
      const { page, people } = chat
      people.say(card(3))
      people.say({
        channel_id: DROPS,
        onlyFor: PEOPLE.poppy.id,
        content: 'Held until <t:1900000000:t>, `code`',
      })
      people.app = { ...people.app, component: () => dropForm }
      const findings = async () =>
        (await new AxeBuilder({ page }).analyze()).violations.map(
          (violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' ')}`,
        )
      await page.getByText('Held until').waitFor()
      assert.deepEqual(await findings(), [])
      assert.equal(await page.evaluate(OVERFLOW), 0)
      await page.locator('[data-custom-id="v1:buy:drp_1"]').click()
      await page.getByTestId('modal').waitFor()
      assert.deepEqual(await findings(), [])
    })
  }
}

test('a taken port is an error that says so', async () => {
  const options = { host: '127.0.0.1', people: new Hono(), links: LINKS }
  const first = await startSandboxPage({ ...options, port: 0 })
  await assert.rejects(startSandboxPage({ ...options, port: first.port }), { code: 'EADDRINUSE' })
  await first.close()
})
