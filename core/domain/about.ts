import { AppError } from '#contract'
import { cleanLine, cleanText, lengthOf } from './text.ts'

export const ABOUT_MAX = 1_000
/** A link on a button in Discord has at most 512 characters. */
const LINK_MAX = 300

/** What a builder tells everybody of themselves. */
export interface About {
  /** Empty: nothing. */
  readonly about: string
  /** A web address that anybody can open. */
  readonly link: string | null
}

/** Read what a builder typed. Throws text_too_long or address_invalid. */
export function parseAbout(typed: { readonly about: string; readonly link: string }): About {
  const about = cleanText(typed.about)
  if (lengthOf(about) > ABOUT_MAX) throw new AppError('text_too_long')
  return { about, link: parseLink(typed.link) }
}

function parseLink(typed: string): string | null {
  const text = cleanLine(typed)
  if (text === '') return null
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`)
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  // A name before an @ makes an address look like another one.
  if (!url || !isWeb || url.username || url.password || !isPublicName(url.hostname)) {
    throw new AppError('address_invalid')
  }
  if (url.href.length > LINK_MAX) throw new AppError('text_too_long')
  return url.href
}

/** `juniper.example`, and neither `localhost` nor a number. */
const isPublicName = (hostname: string) => /\.[a-z][a-z\d-]*[a-z\d]$/.test(hostname)
