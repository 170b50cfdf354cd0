import type { DraftView } from '#contract'
import { pictureFile } from '../replies/card.ts'
import { renderPreview, renderProblems } from '../replies/draft.ts'
import type { MessageWithFiles, PictureFile } from '../replies/message.ts'
import type { Visit } from './visit.ts'

/** A draft as its builder sees it: what is wrong with it, or how buyers will see it. */
export async function showDraft(visit: Visit, draft: DraftView): Promise<MessageWithFiles> {
  if (draft.problems.length > 0 || !draft.preview) return renderProblems(draft)
  return renderPreview(draft, draft.preview, {
    builder: visit.person,
    now: visit.now(),
    picture: await readPicture(visit, draft),
  })
}

async function readPicture(visit: Visit, draft: DraftView): Promise<PictureFile | null> {
  if (!draft.picture) return null
  try {
    const { pictureId } = draft.picture
    const { base64 } = await visit.core.getPicture({ pictureId, size: 'card' }, visit.call)
    return pictureFile(draft.picture, base64)
  } catch (error) {
    // The picture is safe in core; only this preview goes without.
    visit.log.warn({ err: error }, 'a preview is shown without its picture')
    return null
  }
}
