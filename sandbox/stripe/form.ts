import { refuse } from './errors.ts'

/** Decoded form fields: text at the leaves, objects without a prototype between. Lists have keys 0, 1, 2, ... */
export interface FormObject {
  [key: string]: string | FormObject
}

const MAX_FIELDS = 1_000
const MAX_DEPTH = 8
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Decode `a[b][c]=v&list[0]=x&list[]=y`, the encoding of Stripe's v1 requests, from a body or a query string.
 * Brackets count only in keys: the client leaves them raw in values too. Throws StripeError 400.
 */
export function decodeForm(text: string): FormObject {
  const root = bare()
  const pairs = text.split('&').filter((pair) => pair !== '')
  if (pairs.length > MAX_FIELDS) throw refuse(`Too many parameters: at most ${MAX_FIELDS} are accepted.`)
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const key = decodePart(at < 0 ? pair : pair.slice(0, at))
    place(root, key, toPath(key), at < 0 ? '' : decodePart(pair.slice(at + 1)))
  }
  return root
}

function bare(): FormObject {
  return Object.create(null) as FormObject
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '))
  } catch {
    throw refuse('Invalid percent-encoding in the request parameters.')
  }
}

function toPath(key: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(key)
  if (!match?.[1]) throw refuse(`Invalid parameter name: ${key.slice(0, 100)}`, 'parameter_unknown')
  const inner = [...(match[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1] ?? '')
  const path = [match[1], ...inner]
  if (path.length > MAX_DEPTH) throw refuse('Parameters are nested too deeply.')
  if (path.some((part) => FORBIDDEN.has(part)))
    throw refuse(`Received unknown parameter: ${key}`, 'parameter_unknown')
  return path
}

function place(root: FormObject, key: string, path: readonly string[], value: string): void {
  let at = root
  for (const [depth, part] of path.entries()) {
    const name = part === '' ? String(Object.keys(at).length) : part
    if (depth === path.length - 1) {
      if (typeof at[name] === 'object')
        throw refuse(`Invalid ${key}: given both as a value and as an object.`)
      at[name] = value
      return
    }
    const next = at[name] ?? bare()
    if (typeof next === 'string') throw refuse(`Invalid ${key}: given both as a value and as an object.`)
    at[name] = next
    at = next
  }
}
