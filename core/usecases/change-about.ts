import { AppError } from '#contract'
import { parseAbout } from '../domain/about.ts'
import type { Builder } from '../domain/builder.ts'
import type { Deps } from './deps.ts'

/**
 * A builder tells everybody of themselves; nothing takes earlier words back. A repeated request changes nothing. Throws
 * builder_not_found, text_too_long or address_invalid.
 */
export async function changeAbout(
  deps: Pick<Deps, 'change' | 'clock'>,
  input: {
    readonly userId: string
    /** Both as typed. */
    readonly about: string
    readonly link: string
    readonly idempotencyKey: string
  },
): Promise<Builder> {
  const { userId } = input
  const told = parseAbout(input)
  const requestId = `change-about:${input.idempotencyKey}`
  return deps.change({
    reads: [
      ['builders', userId],
      ['inbox', requestId],
    ],
    decide(sheet) {
      const known = sheet.get('builders', userId)
      if (!known) throw new AppError('builder_not_found')
      if (sheet.get('inbox', requestId)) return known
      const builder: Builder = { ...known, ...told }
      sheet.put('builders', userId, builder)
      sheet.put('inbox', requestId, { type: 'change-about', receivedAt: deps.clock.now(), result: userId })
      return builder
    },
  })
}
