import { AppError } from '#contract'
import { payoutState, termsForDrop } from '../domain/builder.ts'
import { checkForm, type Drop, planOpening, withStatus } from '../domain/drop.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish } from './wish.ts'

/**
 * Publish a draft: from here price and quantity are frozen. It opens at once, or waits as its draft says. The draft
 * becomes the drop, so publishing twice answers with the same drop. Throws draft_not_found, not_yours, draft_incomplete,
 * builder_not_found, builder_not_ready, and twitch_off or channel_missing when no stream could ever open it.
 */
export function publishDrop(
  deps: Pick<Deps, 'change' | 'clock' | 'settings'>,
  input: { readonly userId: string; readonly draftId: string; readonly atOnce?: boolean | undefined },
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
      effectKey('open_drop', dropId),
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

      const { closesInHours, opens } = draft.form
      const wanted = input.atOnce ? undefined : opens
      if (wanted?.when === 'with_stream') {
        if (!deps.settings.twitch) throw new AppError('twitch_off')
        if (!builder.twitch) throw new AppError('channel_missing')
      }

      const live = builder.twitch !== null && builder.twitch.live !== null
      const drop: Drop = withStatus({
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
        ...planOpening(wanted, closesInHours, live, now),
        reminders: 0,
        waitlist: { waiting: 0, lastNumber: 0 },
        picture: draft.picture,
        card: null,
      })
      sheet.put('inventory', dropId, drop)
      sheet.remove('drafts', draftId)
      wish(sheet, 'draw_card', dropId, now)
      // A stream may begin at this very moment and not see this drop yet: look once more.
      if (drop.waitsFor !== null) wish(sheet, 'open_drop', dropId, now)
      else wish(sheet, 'close_drop', dropId, now, { dueAt: drop.closesAt })
      // Whoever changes the builder at this very moment may not see this drop yet.
      wish(sheet, 'follow_builder', userId, now)
      return drop
    },
  })
}
