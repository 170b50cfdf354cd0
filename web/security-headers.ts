import type { MiddlewareHandler } from 'hono'

/**
 * The content security policy of every page: nothing inline, nothing from elsewhere. `formTargets` adds places a
 * form may lead to: Chromium checks form-action against every redirect that follows a form as well.
 */
export function contentSecurityPolicy(formTargets = ''): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    `form-action 'self'${formTargets && ` ${formTargets}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}

/** The headers that every answer carries. */
export function securityHeaders(options: { readonly https: boolean }): Readonly<Record<string, string>> {
  return {
    'content-security-policy': contentSecurityPolicy(),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    // Link tokens are part of some addresses, so no address is ever told to anybody else. Not `no-referrer`: under it
    // browsers hide the origin of our own forms, by which we know them.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(options.https && { 'strict-transport-security': 'max-age=31536000' }),
  }
}

/** Sets headers on every answer; a route that set one of them itself keeps its own. */
export function addHeaders(headers: Readonly<Record<string, string>>): MiddlewareHandler {
  const entries = Object.entries(headers)
  return async (c, next) => {
    await next()
    for (const [name, value] of entries) if (!c.res.headers.has(name)) c.res.headers.set(name, value)
  }
}
