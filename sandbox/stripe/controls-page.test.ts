import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { launchBrowser } from '../../tests/browser.ts'
import { openTestStripe } from './test-stand.ts'

test('the page’s forms do what the controls do and come back to their place, or say why not', async (t) => {
  const stripe = await openTestStripe(t)
  const { charge } = await stripe.paidCharge()
  const form = (path: string, fields: Record<string, string>) =>
    fetch(`${stripe.local.url}/local${path}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      redirect: 'manual',
    })
  const done: readonly (readonly [string, Record<string, string>])[] = [
    ['/clock', { advanceMs: '172800000' }],
    ['/webhooks', { mode: 'double', delayMs: '0', shuffle: 'true' }],
    ['/faults', { kind: '429', route: 'POST /v1/transfers', times: '2', delayMs: '1000' }],
    ['/refunds', { hold: 'true' }],
    ['/payouts', { currency: 'usd', amount: '100' }],
    [`/charges/${charge.id}/dispute`, { reason: 'product_not_received' }],
  ]
  for (const [path, fields] of done) {
    const answer = await form(path, fields)
    assert.equal(answer.status, 303, path)
    assert.equal(answer.headers.get('location'), `/local#${path.split('/')[1]}`)
  }
  const page = await (await fetch(`${stripe.local.url}/local`)).text()
  for (const shown of ['moved on by 2 days', '2 times', 'New refunds wait', 'product not received'])
    assert.ok(page.includes(shown), shown)
  await form('/faults/clear', {})
  assert.match(await (await fetch(`${stripe.local.url}/local`)).text(), /Nothing is waiting to go wrong/)
  const refused = await form('/payouts', { currency: 'usd', amount: '99999' })
  assert.equal(refused.status, 400)
  assert.match(await refused.text(), /role="alert"[^>]*>You have insufficient funds/)
})

test('the page of the controls passes the accessibility check and its buttons work in a browser', async (t) => {
  const stripe = await openTestStripe(t)
  await stripe.activeAccount()
  await stripe.paidCharge('4000 0000 0000 0259')
  const browser = await launchBrowser()
  t.after(() => browser.close())
  const context = await browser.newContext({ viewport: { width: 400, height: 800 } })
  const page = await context.newPage()
  await page.goto(`${stripe.local.url}/local`)
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(
    violations.map(({ id }) => id),
    [],
  )
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 400)
  await page.getByRole('button', { name: /^Won dp_/ }).click()
  await page.waitForURL(/#disputes$/)
  assert.equal((await stripe.client.disputes.list()).data[0]?.status, 'won')
})
