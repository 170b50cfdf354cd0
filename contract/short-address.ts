/** A web address as people say it: `https://www.juniper.example/` is `juniper.example`. */
export function shortAddress(url: string): string {
  return url.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '')
}
