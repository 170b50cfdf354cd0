/** True when the browser already has the version with this tag; `known` is its If-None-Match. */
export function isUnchanged(known: string | undefined, etag: string): boolean {
  if (!known) return false
  const plain = (tag: string) => tag.trim().replace(/^W\//, '')
  return known === '*' || known.split(',').some((tag) => plain(tag) === plain(etag))
}

/** The best encoding that an Accept-Encoding takes: named, and not refused with q=0. */
export function encodingFor(accepted: string | undefined): 'br' | 'gzip' | 'identity' {
  const offers = (accepted ?? '').split(',').map((offer) => offer.trim().split(';'))
  const takes = (encoding: string) =>
    offers.some(([name, weight]) => name === encoding && !/^\s*q=0(\.0*)?$/.test(weight ?? ''))
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : 'identity'
}
