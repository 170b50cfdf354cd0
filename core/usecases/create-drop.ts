import { AppError, type DropForm, type Person, type Picture } from '#contract'
import { ALT_MAX, type Draft } from '../domain/drop.ts'
import { cleanLine, cutTo } from '../domain/text.ts'
import { PictureError } from '../ports/media.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish } from './wish.ts'

const PICTURE_SENTENCE = {
  too_large: 'The picture is too large; please choose one under 20 MB.',
  not_a_picture: 'That file is not a picture we can read; please send a JPEG, PNG, WebP or GIF.',
  too_many_pixels: 'The picture has too many pixels; please make it smaller than 50 megapixels.',
  unreachable: 'The picture could not be fetched; please send it once more.',
  source_not_allowed: 'The picture did not come from Discord; please upload it in the form.',
} as const satisfies Record<PictureError['reason'], string>

/**
 * Keep what a builder typed as a draft, right or wrong: problems are part of its view, and nothing typed is lost.
 * With `draftId` an earlier draft is mended; its picture stays unless a new one comes. A repeated request answers
 * with the same draft. Throws draft_not_found or not_yours for a draftId that is not this builder's.
 */
export async function createDrop(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'media'>,
  input: {
    readonly builder: Person
    readonly draftId: string | null
    readonly form: DropForm
    readonly picture: { readonly url: string } | null
    readonly idempotencyKey: string
  },
): Promise<Draft> {
  const requestId = `create-drop:${input.idempotencyKey}`
  const repeated = (await deps.store.get('inbox', requestId))?.value.result
  if (repeated) return getDraft(deps, { userId: input.builder.userId, draftId: repeated })

  const earlier = input.draftId
    ? await getDraft(deps, { userId: input.builder.userId, draftId: input.draftId })
    : undefined
  const draftId = earlier?.draftId ?? deps.store.newId('dft')
  const taken = input.picture ? await takePicture(deps, input.picture.url, input.form.title) : undefined

  return deps.change({
    reads: [
      ['drafts', draftId],
      ['inbox', requestId],
      ...(taken?.picture ? [effectKey('encode_picture', taken.picture.pictureId)] : []),
    ],
    decide(sheet) {
      const now = deps.clock.now()
      // As it is now: it may have been described since.
      const kept = (sheet.get('drafts', draftId) ?? earlier)?.picture ?? null
      const draft: Draft = {
        draftId,
        builder: input.builder,
        form: input.form,
        picture: taken?.picture ?? kept,
        pictureProblem: taken ? taken.problem : null,
        createdAt: earlier?.createdAt ?? now,
      }
      sheet.put('drafts', draftId, draft)
      if (taken?.picture) wish(sheet, 'encode_picture', taken.picture.pictureId, now)
      sheet.put('inbox', requestId, { type: 'create-drop', receivedAt: now, result: draftId })
      return draft
    },
  })
}

async function takePicture(
  deps: Pick<Deps, 'store' | 'media'>,
  url: string,
  title: string,
): Promise<{ readonly picture: Picture | null; readonly problem: string | null }> {
  try {
    const alt = cutTo(cleanLine(title), ALT_MAX)
    const picture = await deps.media.take({ pictureId: deps.store.newId('pic'), url, alt })
    return { picture, problem: null }
  } catch (error) {
    if (error instanceof PictureError) return { picture: null, problem: PICTURE_SENTENCE[error.reason] }
    throw error
  }
}

/** A builder's own draft. Throws draft_not_found or not_yours. */
export async function getDraft(
  deps: Pick<Deps, 'store'>,
  input: { readonly userId: string; readonly draftId: string },
): Promise<Draft> {
  const draft = (await deps.store.get('drafts', input.draftId))?.value
  if (!draft) throw new AppError('draft_not_found')
  if (draft.builder.userId !== input.userId) throw new AppError('not_yours')
  return draft
}
