import assert from 'node:assert/strict'
import type { APIModalInteractionResponseCallbackData } from 'discord-api-types/v10'
import type { toBody } from '../replies/message.ts'

/** Discord's written limits for a message, each checked by hand. */
export function assertWithinLimits(body: ReturnType<typeof toBody>): void {
  assert.ok(body.content.length <= 2_000, 'content')
  assert.ok(body.embeds.length <= 10, 'embeds')
  let total = 0
  const part = (text: string | undefined, min: number, max: number, name: string) => {
    if (text === undefined) return
    assert.ok(text.length >= min && text.length <= max, `${name} has ${text.length} characters`)
    total += text.length
  }
  for (const embed of body.embeds) {
    part(embed.title, 1, 256, 'title')
    part(embed.description, 1, 4_096, 'description')
    part(embed.footer?.text, 1, 2_048, 'footer')
    part(embed.author?.name, 1, 256, 'author')
    assert.ok((embed.fields?.length ?? 0) <= 25, 'fields')
    for (const field of embed.fields ?? []) {
      part(field.name, 1, 256, 'field name')
      part(field.value, 1, 1_024, 'field value')
    }
  }
  assert.ok(total <= 6_000, `all embeds together have ${total} characters`)
  assert.ok(body.components.length <= 5, 'rows')
  const ids: string[] = []
  for (const row of body.components) {
    assert.ok(row.components.length >= 1 && row.components.length <= 5, 'a row')
    for (const one of row.components) {
      if ('custom_id' in one) ids.push(one.custom_id)
      if ('label' in one) part(one.label, 1, 80, 'label')
      if ('url' in one) assert.ok(one.url.length <= 512, 'url')
      if (!('options' in one)) continue
      assert.ok(one.options.length >= 1 && one.options.length <= 25, 'options')
      for (const option of one.options) {
        part(option.label, 1, 100, 'option')
        part(option.description, 1, 100, 'option description')
      }
    }
  }
  assert.equal(new Set(ids).size, ids.length, 'every custom id is there once')
  for (const customId of ids) assert.ok(customId.length <= 100, customId)
}

export function assertModalWithinLimits(modal: APIModalInteractionResponseCallbackData): void {
  assert.ok(modal.title.length <= 45 && modal.custom_id.length <= 100)
  assert.ok(modal.components.length >= 1 && modal.components.length <= 5)
  for (const label of modal.components) {
    assert.ok('component' in label)
    assert.ok(label.label.length <= 45 && (label.description?.length ?? 0) <= 100)
    if (!('style' in label.component)) continue
    assert.ok((label.component.placeholder?.length ?? 0) <= 100)
    assert.ok((label.component.value?.length ?? 0) <= (label.component.max_length ?? 4_000))
  }
}
