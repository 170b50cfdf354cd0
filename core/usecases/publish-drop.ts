import { AppError } from '#contract'
import { payoutState, termsForDrop } from '../domain/builder.ts'
import { checkForm, type Drop } from '../domain/drop.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish } from './wish.ts'

const HOUR_MS = 60 * 60_000

/**
 * Put a draft on sale: from here price and quantity are frozen. The draft becomes the drop, so publishing twice
 * answers with the same drop. Throws draft_not_found, not_yours, draft_incomplete, builder_not_found or
 * builder_not_ready.
 */
export function publishDrop(
  deps: Pick<Deps, 'change' | 'clock' | 'settings'>,
  input: { readonly userId: string; readonly draftId: string },
): Promise<Drop> {
  const { userId, draftId } = input
  const dropId = draftId.replace(/^dft_/, 'drp_')
  return deps.change({
    reads: [
      ['drafts', draftId],
      ['inventory', dropId],
      ['builders', userId],
      effectKey('draw_card', dropId),
      effectKey('close_drop', dropId),
      effectKey('follow_builder', userId),
    ],
    decide(sheet) {
      const now = deps.clock.now()
      const published = sheet.get('inventory', dropId)
      const draft = sheet.get('drafts', draftId)
      const owner = published?.builderId ?? draft?.builder.userId
      if (owner === undefined) throw new AppError('draft_not_found')
      if (owner !== userId) throw new AppError('not_yours')
      if (published) return published
      if (!draft) throw new AppError('draft_not_found')

      const checked = checkForm(draft.form, deps.settings.currency)
      if (!checked.ok || draft.pictureProblem) throw new AppError('draft_incomplete')
      const builder = sheet.get('builders', userId)
      if (!builder) throw new AppError('builder_not_found')
      if (payoutState(builder) !== 'ready' || builder.status !== 'approved')
        throw new AppError('builder_not_ready')

      const drop: Drop = {
        dropId,
        builder: draft.builder,
        builderId: userId,
        title: checked.title,
        story: checked.story,
        price: checked.price,
        currency: deps.settings.currency,
        feeBps: deps.settings.feeBps,
        ...termsForDrop(builder),
        quantity: checked.quantity,
        available: checked.quantity,
        held: 0,
        sold: 0,
        perPerson: draft.form.perPerson,
        closed: false,
        pauses: [],
        status: 'open',
        openedAt: now,
        closesAt: now + draft.form.closesInHours * HOUR_MS,
        picture: draft.picture,
        card: null,
      }
      sheet.put('inventory', dropId, drop)
      sheet.remove('drafts', draftId)
      wish(sheet, 'draw_card', dropId, now)
      wish(sheet, 'close_drop', dropId, now, { dueAt: drop.closesAt })
      // Whoever changes the builder at this very moment may not see this drop yet.
      wish(sheet, 'follow_builder', userId, now)
      return drop
    },
  })
}
