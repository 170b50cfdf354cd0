/**
 * Who a service says it is, on one call with this body: the headers that prove it. Rejects when that cannot be had
 * right now.
 */
export type Credentials = (body: string) => Promise<Readonly<Record<string, string>>>

/**
 * Whose call this is; null for anybody but those we know. `body` is read only where it is part of the proof. Throws
 * AppError `unavailable` when it cannot be found out right now.
 */
export type Recognise<C extends string> = (call: {
  header(name: string): string | undefined
  body(): Promise<string>
}) => Promise<C | null>

/** A secret that both sides know. */
export const bearer =
  (token: string): Credentials =>
  async () => ({ authorization: `Bearer ${token}` })
