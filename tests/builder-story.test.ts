import assert from 'node:assert/strict'
import { buttonsOf, findLink, textOf } from '../sandbox/player.ts'
import { joinAsBuilder, tellAbout } from '../sandbox/scenes.ts'
import { testInWorld } from './shop.ts'

const WILD = 'I make **mugs**. <@100000000000000105> @everyone\n\n[look](https://evil.example) <b>here</b>'

for (const transport of ['gateway', 'http'] as const) {
  testInWorld(
    `a builder's own words are written in Discord and read on the web, as text; over ${transport}`,
    async (world) => {
      const juniper = world.player('juniper')
      const poppys = await world.player('poppy').answer(world.player('poppy').c500('profile'))
      assert.ok(!buttonsOf(poppys).some((button) => 'label' in button && button.label === 'Your story'))
      await joinAsBuilder(juniper)
      await world.settle()
      const page = async () => (await fetch(`${world.web.url}/builders/${juniper.id}`)).text()
      assert.ok(!(await page()).includes('id="about"'))

      const wrong = await tellAbout(juniper, WILD, 'juniper')
      assert.match(textOf(wrong), /link does not look right[\s\S]*I make/)
      const again = await juniper.press(wrong, /Try again/)
      const told = await juniper.answer(
        juniper.submit(again, { about: WILD, link: 'www.juniper.example/studio' }),
      )
      assert.equal(told.onlyFor, juniper.id)
      assert.equal(told.mention_everyone, false)
      assert.deepEqual(told.mentions, [])
      assert.match(textOf(told), /I make \\\*\\\*mugs\\\*\\\*\. \\<@/)
      assert.equal(findLink(told, /^juniper\.example\/studio$/), 'https://www.juniper.example/studio')
      const form = await juniper.press(told, /^Your story/)
      assert.ok(form.result === 'modal' && JSON.stringify(form.modal).includes('I make **mugs**'))

      // What is kept of the page a moment ago is asked again.
      await world.advance(2_000)
      const read = await page()
      assert.match(read, /<h2 id="about">About <bdi>Juniper<\/bdi><\/h2>/)
      assert.ok(read.includes('<p>I make **mugs**. &lt;@100000000000000105&gt; @everyone</p>'))
      assert.ok(read.includes('<p>[look](https://evil.example) &lt;b&gt;here&lt;/b&gt;</p>'))
      assert.match(read, /<a href="https:\/\/www\.juniper\.example\/studio" rel="nofollow ugc noopener">/)
      assert.match(read, /<meta name="description" content="I make \*\*mugs\*\*\. /)

      await world.restartCore()
      const { builder } = await world.client.identify({ userId: juniper.id })
      assert.deepEqual([builder?.about, builder?.isSetUp], [WILD, true])
    },
    { transport },
  )
}
