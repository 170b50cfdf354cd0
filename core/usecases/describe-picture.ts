import { AppError } from '#contract'
import { type Draft, describePicture as describe } from '../domain/drop.ts'
import type { Deps } from './deps.ts'

/**
 * A builder says what their draft's picture shows. It stays with the picture when the draft is mended or published, and
 * goes with it when another takes its place. A repeated request changes nothing. Throws draft_not_found, not_yours,
 * picture_gone or text_too_long.
 */
export function describePicture(
  deps: Pick<Deps, 'change' | 'clock'>,
  input: {
    readonly userId: string
    readonly draftId: string
    /** The picture that was looked at. */
    readonly pictureId: string
    readonly description: string
    readonly idempotencyKey: string
  },
): Promise<Draft> {
  const { userId, draftId, pictureId, description } = input
  const requestId = `describe-picture:${input.idempotencyKey}`
  return deps.change({
    reads: [
      ['drafts', draftId],
      ['inbox', requestId],
    ],
    decide(sheet) {
      const known = sheet.get('drafts', draftId)
      if (!known) throw new AppError('draft_not_found')
      if (known.builder.userId !== userId) throw new AppError('not_yours')
      if (sheet.get('inbox', requestId)) return known
      if (known.picture?.pictureId !== pictureId) throw new AppError('picture_gone')
      const draft: Draft = { ...known, picture: describe(known.picture, description, known.form.title) }
      sheet.put('drafts', draftId, draft)
      sheet.put('inbox', requestId, {
        type: 'describe-picture',
        receivedAt: deps.clock.now(),
        result: draftId,
      })
      return draft
    },
  })
}
