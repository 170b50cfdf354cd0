type Attribute = string | number | boolean | null | undefined
export type Child = Node | string | null | undefined | false

/**
 * A DOM element with attributes and children. Text becomes text nodes, never markup. An attribute that is `true` is
 * set empty; `false`, null and undefined leave it out.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    made.setAttribute(name, value === true ? '' : String(value))
  }
  for (const child of children) if (child || child === '') made.append(child)
  return made
}

/** The address when it is http or https; null for javascript:, data: and anything else that text may contain. */
export function webAddress(text: string | null | undefined): string | null {
  if (!text) return null
  const url = URL.parse(text)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
}
