import type { Picture, PictureFormat, PictureSize } from '#contract'

/** Why a picture was not taken; each has a sentence in the draft's problems. */
export class PictureError extends Error {
  readonly reason: 'too_large' | 'not_a_picture' | 'too_many_pixels' | 'unreachable' | 'source_not_allowed'
  constructor(reason: PictureError['reason'], options?: ErrorOptions) {
    super(reason, options)
    this.name = 'PictureError'
    this.reason = reason
  }
}

export interface Media {
  /**
   * Fetch an upload from an allowed address, check it by its bytes, re-encode it without metadata as WebP in each
   * size, and store it under `pictureId`. Throws PictureError; nothing is stored then. Any other error is ours.
   */
  take(request: { readonly pictureId: string; readonly url: string; readonly alt: string }): Promise<Picture>
  /** Store a picture in the other formats, too; a slow thing. Doing it again is harmless; one that is gone is left. */
  encodeMore(pictureId: string): Promise<void>
  /** Ids of the stored pictures that `encodeMore` would add something to. Looks at every name, at no picture. */
  lacking(): Promise<readonly string[]>
  /** Null when there is no such picture, or not in this size and format. WebP unless told. */
  read(pictureId: string, size: PictureSize, format?: PictureFormat): Promise<Uint8Array | null>
  /**
   * These pictures side by side, two in a row and in this order, as one JPEG of less than 4.5 MB, for those who take one file
   * only. Of more than 40 the first 40; what is gone leaves its place empty; null when nothing is left.
   */
  sheet(pictureIds: readonly string[]): Promise<Uint8Array | null>
}
