import type { APIApplicationCommandBasicOption } from 'discord-api-types/v10'
import { matchRunnables, type OptionReading, type Runnable, readOption } from './commands.ts'
import type { Choice } from './draw-components.ts'
import { element } from './element.ts'

type Values = Readonly<Record<string, string | number | boolean>>

export interface ComposerHost {
  runnables(): readonly Runnable[]
  choicesOf(kind: 'people' | 'channels'): readonly Choice[]
  /** What the app suggests for the focused option while the person types. */
  suggest(
    runnable: Runnable,
    values: Values,
    focused: string,
  ): Promise<readonly { readonly name: string; readonly value: string | number }[]>
  run(runnable: Runnable, values: Values): Promise<void>
  /** Plain words for the people in this place. */
  send(content: string): Promise<void>
}

export interface Composer {
  readonly box: HTMLElement
  /** Empties it, and names the place that is written to. */
  reset(placeholder: string): void
  /** Types for the person. */
  prefill(text: string): void
  /** One sentence beneath the line, or nothing. */
  say(sentence: string): void
}

const SUGGEST_AFTER_MS = 120
const UNREAD = 'The app does not read what people write.'

/**
 * The line where a person writes: `/` opens the list of commands, choosing one turns the line into its fields, Enter
 * runs it, Escape leaves it. Plain words are sent to the people in that place.
 */
export function createComposer(host: ComposerHost): Composer {
  const input = element('input', {
    id: 'composer',
    class: 'write',
    type: 'text',
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: 2000,
    'data-testid': 'composer',
  })
  const status = element('p', { class: 'composer-status', role: 'status' })
  const line = element('div', { class: 'line' }, input)
  const box = element('div', { class: 'composer' }, line, status)
  const say = (sentence: string) => {
    status.textContent = sentence
  }

  const picker = createPicker(input, {
    id: 'commands',
    label: 'Commands',
    testId: 'command-picker',
    choose(index) {
      const runnable = matchRunnables(host.runnables(), input.value)[index]
      if (runnable) enter(runnable)
    },
  })
  box.prepend(picker.list)

  const refreshPicker = () => {
    say('')
    if (!input.value.startsWith('/')) return picker.hide()
    const found = matchRunnables(host.runnables(), input.value)
    picker.show(
      found.map((runnable) => ({
        testId: `command-${runnable.path.join('-')}`,
        content: [
          element('b', {}, `/${runnable.path.join(' ')}`),
          ...runnable.options.map((option) =>
            element('span', { class: 'option-name' }, option.required ? option.name : `${option.name}?`),
          ),
          element('small', {}, runnable.description),
        ],
      })),
      host.runnables().length === 0
        ? 'No commands here. They are in the channels, once the app has started.'
        : 'No command is called that.',
    )
  }
  input.addEventListener('input', refreshPicker)
  input.addEventListener('keydown', (event) => {
    if (picker.key(event)) return
    if (event.key === 'Escape') {
      input.value = ''
      picker.hide()
      say('')
    } else if (event.key === 'Enter' && !event.isComposing && input.value.trim() !== '') {
      event.preventDefault()
      if (input.value.startsWith('/')) refreshPicker()
      else void send(input.value)
    }
  })
  input.addEventListener('blur', () => picker.hide())

  async function send(content: string): Promise<void> {
    try {
      await host.send(content)
      if (input.value === content) input.value = ''
      const more =
        host.runnables().length > 0 ? 'Type / to see what it can do.' : 'Its commands are in the channels.'
      say(`${UNREAD} ${more}`)
    } catch (error) {
      say(error instanceof Error ? error.message : 'That could not be sent.')
    }
  }

  function leave(): void {
    line.replaceChildren(input)
    input.value = ''
    picker.hide()
    say('')
  }

  function enter(runnable: Runnable): void {
    picker.hide()
    say('')
    line.replaceChildren(drawCommand(runnable, host, say, leave))
    const first =
      line.querySelector<HTMLElement>('[data-option-input]') ?? line.querySelector<HTMLElement>('.run')
    first?.focus()
  }

  return {
    box,
    reset(placeholder) {
      leave()
      input.placeholder = placeholder
      input.setAttribute('aria-label', placeholder)
    },
    prefill(text) {
      leave()
      input.value = text
      input.focus()
      refreshPicker()
    },
    say,
  }
}

/** The chosen command: its name, one field for each option, and the button that runs it. */
function drawCommand(
  runnable: Runnable,
  host: ComposerHost,
  say: (sentence: string) => void,
  leave: () => void,
): HTMLElement {
  const name = `/${runnable.path.join(' ')}`
  const fields: OptionField[] = []
  const values = (): Record<string, string | number | boolean> => {
    const known: Record<string, string | number | boolean> = {}
    for (const field of fields) {
      const reading = field.read()
      if (reading.kind === 'value') known[field.name] = reading.value
    }
    return known
  }
  for (const option of runnable.options) {
    fields.push(
      createOptionField(option, host.choicesOf, say, (typed) =>
        // The field being typed in counts as it stands, however unfinished.
        host.suggest(runnable, { ...values(), [option.name]: typed }, option.name),
      ),
    )
  }
  const run = element('button', { class: 'run', type: 'submit', 'data-testid': 'run' }, 'Run')
  const cancel = element(
    'button',
    { class: 'icon-button', type: 'button', 'aria-label': `Leave ${name}` },
    element('span', { 'aria-hidden': 'true' }, '×'),
  )
  const form = element(
    'form',
    { class: 'command', 'aria-label': name, novalidate: true },
    element('span', { class: 'command-name' }, name),
    ...fields.map((field) => field.box),
    element('span', { class: 'command-end' }, run, cancel),
  )
  cancel.addEventListener('click', () => {
    leave()
    document.getElementById('composer')?.focus()
  })
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    leave()
    document.getElementById('composer')?.focus()
  })
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const wrong = fields.filter((field) => field.check())
    if (wrong[0]) return wrong[0].focus()
    if (run.disabled) return
    run.disabled = true
    say(`Sending ${name}…`)
    const sent = values()
    try {
      await host.run(runnable, sent)
      if (form.isConnected) {
        const hadFocus = form.contains(document.activeElement) || document.activeElement === document.body
        leave()
        if (hadFocus) document.getElementById('composer')?.focus()
      }
    } catch (error) {
      run.disabled = false
      if (form.isConnected) say(error instanceof Error ? error.message : 'That could not be sent.')
    }
  })
  return form
}

interface OptionField {
  readonly name: string
  readonly box: HTMLElement
  read(): OptionReading
  /** Shows what is wrong; true when something is. */
  check(): boolean
  focus(): void
}

function createOptionField(
  option: APIApplicationCommandBasicOption,
  choicesOf: ComposerHost['choicesOf'],
  say: (sentence: string) => void,
  suggest: (typed: string) => ReturnType<ComposerHost['suggest']>,
): OptionField {
  const id = `option-${option.name}`
  const shared = {
    id,
    'data-testid': id,
    'data-option-input': true,
    'aria-describedby': `${id}-help`,
    'aria-required': option.required ? 'true' : null,
  }
  const listed = listedChoices(option, choicesOf)
  const control = listed
    ? element(
        'select',
        shared,
        element('option', { value: '' }, option.required ? 'Choose…' : '—'),
        ...listed.map((choice) => element('option', { value: choice.value }, choice.label)),
      )
    : element('input', {
        ...shared,
        type: 'text',
        inputmode: option.type === 4 ? 'numeric' : option.type === 10 ? 'decimal' : null,
        autocomplete: 'off',
        placeholder: option.required ? '' : 'optional',
        size: 14,
      })
  const help = element('small', { id: `${id}-help`, class: 'option-help' }, option.description)
  const box = element(
    'div',
    { class: 'option' },
    element(
      'label',
      { for: id },
      option.name,
      option.required ? element('i', { title: 'needed' }, ' *') : null,
    ),
    control,
    help,
  )
  let picked: { readonly name: string; readonly value: string | number } | null = null
  if (control instanceof HTMLInputElement && 'autocomplete' in option && option.autocomplete) {
    box.append(
      attachSuggestions(control, suggest, (choice) => {
        picked = choice
      }),
    )
  }
  const read = () =>
    // A suggestion shows its name and sends its value.
    picked && control.value === picked.name
      ? ({ kind: 'value', value: picked.value } as const)
      : readOption(option, control.value)
  const check = () => {
    const reading = read()
    const wrong = reading.kind === 'problem'
    help.textContent = wrong ? reading.sentence : option.description
    box.classList.toggle('wrong', wrong)
    control.setAttribute('aria-invalid', String(wrong))
    return wrong
  }
  // Beneath the line, not beside the field: what appears and goes with the focus must move nothing under a pointer.
  control.addEventListener('focus', () => say(option.description))
  control.addEventListener('input', () => {
    if (box.classList.contains('wrong')) check()
  })
  return { name: option.name, box, read, check, focus: () => control.focus() }
}

function listedChoices(
  option: APIApplicationCommandBasicOption,
  choicesOf: ComposerHost['choicesOf'],
): readonly Choice[] | null {
  if ('choices' in option && option.choices?.length) {
    return option.choices.map((choice) => ({ label: choice.name, value: String(choice.value) }))
  }
  if (option.type === 5) {
    return [
      { label: 'True', value: 'true' },
      { label: 'False', value: 'false' },
    ]
  }
  if (option.type === 6 || option.type === 9) return choicesOf('people')
  if (option.type === 7) return choicesOf('channels')
  return null
}

function attachSuggestions(
  control: HTMLInputElement,
  suggest: (typed: string) => ReturnType<ComposerHost['suggest']>,
  pick: (choice: { readonly name: string; readonly value: string | number }) => void,
): HTMLElement {
  let offered: readonly { readonly name: string; readonly value: string | number }[] = []
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const picker = createPicker(control, {
    id: `${control.id}-suggestions`,
    label: 'Suggestions',
    testId: 'suggestions',
    choose(index) {
      const choice = offered[index]
      if (!choice) return
      control.value = choice.name
      pick(choice)
      picker.hide()
    },
  })
  const ask = async () => {
    const mine = ++asked
    let sentence = 'Nothing fits.'
    try {
      offered = await suggest(control.value)
    } catch {
      offered = []
      sentence = 'The app has no suggestions just now.'
    }
    // Only the newest question's answer counts, and only while the person is still here.
    if (mine !== asked || document.activeElement !== control) return
    picker.show(
      offered.map((choice) => ({ testId: 'suggestion', content: [element('b', {}, choice.name)] })),
      sentence,
    )
  }
  control.addEventListener('focus', ask)
  control.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(ask, SUGGEST_AFTER_MS)
  })
  control.addEventListener('keydown', (event) => picker.key(event))
  control.addEventListener('blur', () => {
    asked++
    clearTimeout(timer)
    picker.hide()
  })
  return picker.list
}

interface Picker {
  readonly list: HTMLElement
  show(items: readonly { readonly testId: string; readonly content: readonly Node[] }[], empty: string): void
  hide(): void
  /** True when the key belonged to the list. */
  key(event: KeyboardEvent): boolean
}

/** A list above a text field, steered with the arrow keys while the focus stays in the field. */
function createPicker(
  field: HTMLInputElement,
  options: {
    readonly id: string
    readonly label: string
    readonly testId: string
    choose(index: number): void
  },
): Picker {
  const list = element('ul', {
    id: options.id,
    class: 'picker',
    role: 'listbox',
    'aria-label': options.label,
    'data-testid': options.testId,
    hidden: true,
  })
  let active = 0
  field.setAttribute('role', 'combobox')
  field.setAttribute('aria-autocomplete', 'list')
  field.setAttribute('aria-controls', options.id)
  field.setAttribute('aria-expanded', 'false')

  const entries = () => [...list.querySelectorAll<HTMLElement>('[role="option"]')]
  const mark = (index: number) => {
    const all = entries()
    active = all.length === 0 ? 0 : (index + all.length) % all.length
    all.forEach((entry, at) => {
      entry.setAttribute('aria-selected', String(at === active))
    })
    const chosen = all[active]
    chosen?.scrollIntoView({ block: 'nearest' })
    if (chosen) field.setAttribute('aria-activedescendant', chosen.id)
    else field.removeAttribute('aria-activedescendant')
  }
  const hide = () => {
    list.hidden = true
    field.setAttribute('aria-expanded', 'false')
    field.removeAttribute('aria-activedescendant')
  }
  // The press must not take the focus from the field before the click chooses.
  list.addEventListener('pointerdown', (event) => event.preventDefault())

  return {
    list,
    hide,
    show(items, empty) {
      list.replaceChildren(
        ...items.map((item, index) => {
          const entry = element(
            'li',
            { role: 'option', id: `${options.id}-${index}`, 'data-testid': item.testId },
            ...item.content,
          )
          entry.addEventListener('click', () => options.choose(index))
          return entry
        }),
      )
      if (items.length === 0) {
        list.append(
          element(
            'li',
            { class: 'empty', role: 'option', 'aria-disabled': 'true', id: `${options.id}-none` },
            empty,
          ),
        )
      }
      list.hidden = false
      field.setAttribute('aria-expanded', 'true')
      mark(0)
    },
    key(event) {
      if (list.hidden || event.isComposing) return false
      const all = entries().filter((entry) => entry.ariaDisabled !== 'true')
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault()
        mark(active + (event.key === 'ArrowDown' ? 1 : -1))
        return true
      }
      if (event.key === 'Escape') {
        event.preventDefault()
        hide()
        return true
      }
      if ((event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) && all.length > 0) {
        event.preventDefault()
        options.choose(active)
        return true
      }
      return false
    },
  }
}
