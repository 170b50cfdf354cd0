import type { Deps } from './deps.ts'

/** Have the bot draw the public card of a drop as it is now, and remember where it stands. */
export async function drawCard(
  deps: Pick<Deps, 'store' | 'change' | 'messenger'>,
  dropId: string,
): Promise<null> {
  const card = await deps.messenger.push('drawCard', { dropId })
  const known = (await deps.store.get('inventory', dropId))?.value.card
  if (known?.messageId === card.messageId && known.channelId === card.channelId) return null
  await deps.change({
    lane: dropId,
    reads: [['inventory', dropId]],
    decide(sheet) {
      const drop = sheet.get('inventory', dropId)
      if (drop) sheet.put('inventory', dropId, { ...drop, card })
    },
  })
  return null
}
