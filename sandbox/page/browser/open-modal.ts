import type {
  APICheckboxComponent,
  APICheckboxGroupComponent,
  APIComponentInLabel,
  APIFileUploadComponent,
  APIModalInteractionResponseCallbackData,
  APIRadioGroupComponent,
  APISelectMenuComponent,
  APITextInputComponent,
} from 'discord-api-types/v10'
import { type Choice, drawOption, selectChoices } from './draw-components.ts'
import { drawMarkdown, type Names } from './draw-markdown.ts'
import { element } from './element.ts'

export interface ModalHost {
  readonly names: Names
  choicesOf(kind: 'people' | 'channels'): readonly Choice[]
  /** Resolves when the app took it; throws an Error with a sentence when the form should stay open. */
  submit(
    values: Readonly<Record<string, string | readonly string[]>>,
    files: ReadonlyMap<string, readonly File[]>,
  ): Promise<void>
}

interface Field {
  readonly customId: string
  readonly box: HTMLElement
  /** What is wrong with the entry, as a sentence; null when it may go. */
  problem(): string | null
  value(): string | readonly string[] | null
  files?(): readonly File[]
  focus(): void
}

/** What a text input takes when the app says nothing. */
const LONGEST = 4000
const PROBLEM = {
  needed: 'This one is needed.',
  choose: 'Choose one.',
} as const

/** Opens the app's form above the page. The browser's own dialog keeps the focus inside and closes on Escape. */
export function openModal(modal: APIModalInteractionResponseCallbackData, host: ModalHost): void {
  const opener = document.activeElement
  const fields: Field[] = []
  const body = element('div', { class: 'modal-body' })
  for (const component of modal.components) {
    if (component.type === 10) body.append(drawMarkdown(component.content, host.names, true))
    else if (component.type === 18) {
      const field = createField(component.component, component.label, component.description, host)
      fields.push(field)
      body.append(field.box)
    } else {
      // The older form: a text input in an action row, with a label of its own.
      for (const input of component.components) {
        const field = createField(input, input.label ?? '', undefined, host)
        fields.push(field)
        body.append(field.box)
      }
    }
  }

  const alert = element('p', { class: 'modal-alert', role: 'alert' })
  const submit = element(
    'button',
    { class: 'button primary', type: 'submit', 'data-testid': 'modal-submit' },
    'Submit',
  )
  const cancel = element(
    'button',
    { class: 'button ghost', type: 'button', 'data-testid': 'modal-cancel' },
    'Cancel',
  )
  const close = element(
    'button',
    { class: 'icon-button', type: 'button', 'aria-label': 'Close' },
    element('span', { 'aria-hidden': 'true' }, '×'),
  )
  const form = element(
    'form',
    { novalidate: true },
    element(
      'header',
      { class: 'modal-head' },
      element('span', { class: 'avatar', 'data-tone': 'app', 'aria-hidden': 'true' }, 'C5'),
      element('h2', { id: 'modal-title' }, modal.title),
      close,
    ),
    body,
    alert,
    element('footer', { class: 'modal-foot' }, cancel, submit),
  )
  const dialog = element(
    'dialog',
    { class: 'modal', 'aria-labelledby': 'modal-title', 'data-testid': 'modal' },
    form,
  )

  cancel.addEventListener('click', () => dialog.close())
  close.addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => {
    dialog.remove()
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    else document.getElementById('composer')?.focus()
  })
  // A file dropped beside its field would otherwise replace the page.
  for (const kind of ['dragover', 'drop'] as const) {
    dialog.addEventListener(kind, (event) => event.preventDefault())
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (submit.disabled) return
    alert.textContent = ''
    const wrong = fields.filter((field) => showProblem(field))
    if (wrong[0]) return wrong[0].focus()
    submit.disabled = true
    submit.textContent = 'Sending…'
    const values: Record<string, string | readonly string[]> = {}
    const files = new Map<string, readonly File[]>()
    for (const field of fields) {
      const value = field.value()
      if (value !== null) values[field.customId] = value
      if (field.files) files.set(field.customId, field.files())
    }
    try {
      await host.submit(values, files)
      dialog.close()
    } catch (error) {
      alert.textContent = error instanceof Error ? error.message : 'Something went wrong. Try again.'
      submit.disabled = false
      submit.textContent = 'Submit'
    }
  })

  document.body.append(dialog)
  dialog.showModal()
  fields[0]?.focus()
}

function showProblem(field: Field): boolean {
  const problem = field.problem()
  const place = field.box.querySelector('.field-problem')
  if (place) place.textContent = problem ?? ''
  field.box.classList.toggle('wrong', problem !== null)
  return problem !== null
}

function createField(
  component: APIComponentInLabel,
  label: string,
  description: string | undefined,
  host: ModalHost,
): Field {
  switch (component.type) {
    case 4:
      return createTextField(component, label, description)
    case 19:
      return createFileField(component, label, description)
    case 21:
      return createRadioField(component, label, description)
    case 22:
      return createCheckboxesField(component, label, description)
    case 23:
      return createCheckboxField(component, label, description)
    default:
      return createSelectField(component, label, description, host)
  }
}

interface Frame {
  readonly id: string
  readonly label: string
  readonly description: string | undefined
  readonly required: boolean
}

const frameId = (customId: string) => `field-${customId}`

function drawLabelWords(frame: Frame): readonly Node[] {
  return [
    document.createTextNode(frame.label),
    ...(frame.required ? [element('i', { class: 'needed', title: 'needed' }, ' *')] : []),
  ]
}

function drawNotes(frame: Frame): readonly (Node | null)[] {
  return [
    frame.description
      ? element('p', { id: `${frame.id}-about`, class: 'field-about' }, frame.description)
      : null,
  ]
}

function drawProblemPlace(frame: Frame): HTMLElement {
  return element('p', { id: `${frame.id}-problem`, class: 'field-problem', role: 'alert' })
}

/** The attributes that tie a control to its label's notes. */
function controlAttributes(frame: Frame) {
  return {
    id: frame.id,
    'data-testid': frame.id,
    'aria-describedby': `${frame.id}-about ${frame.id}-problem`,
    'aria-required': frame.required ? 'true' : null,
  }
}

function createTextField(
  input: APITextInputComponent,
  label: string,
  description: string | undefined,
): Field {
  const frame = { id: frameId(input.custom_id), label, description, required: input.required !== false }
  const most = input.max_length ?? LONGEST
  const attributes = {
    ...controlAttributes(frame),
    maxlength: most,
    placeholder: input.placeholder ?? null,
    autocomplete: 'off',
  }
  const control =
    input.style === 2
      ? element('textarea', { ...attributes, rows: 4 })
      : element('input', { ...attributes, type: 'text' })
  control.value = input.value ?? ''
  const counter = element('span', { class: 'counter', 'aria-hidden': 'true' })
  const count = () => {
    // The limit of every field is 4,000: worth showing only where the app set its own, or where it is near.
    const tells = most < LONGEST || control.value.length > LONGEST * 0.9
    counter.textContent = tells ? `${control.value.length}/${most}` : ''
  }
  count()
  const box = element(
    'div',
    { class: 'field' },
    element('label', { for: frame.id }, ...drawLabelWords(frame), counter),
    ...drawNotes(frame),
    control,
    drawProblemPlace(frame),
  )
  const field: Field = {
    customId: input.custom_id,
    box,
    problem() {
      const { length } = control.value
      if (length === 0) return frame.required ? PROBLEM.needed : null
      if (input.min_length && length < input.min_length) {
        return `This needs at least ${input.min_length} characters.`
      }
      return length > most ? `This can have at most ${most} characters.` : null
    },
    value: () => control.value,
    focus: () => control.focus(),
  }
  control.addEventListener('input', () => {
    count()
    if (box.classList.contains('wrong')) showProblem(field)
  })
  return field
}

function createSelectField(
  select: APISelectMenuComponent,
  label: string,
  description: string | undefined,
  host: ModalHost,
): Field {
  const required = select.required !== false && select.min_values !== 0
  const frame = { id: frameId(select.custom_id), label, description, required }
  const choices = selectChoices(select, host.choicesOf)
  if ((select.max_values ?? 1) > 1) {
    return createGroup('checkbox', select.custom_id, frame, choices, {
      least: required ? (select.min_values ?? 1) : 0,
      most: select.max_values ?? 1,
    })
  }
  const control = element(
    'select',
    { ...controlAttributes(frame), class: 'select' },
    element('option', { value: '' }, select.placeholder ?? 'Choose'),
    ...choices.map(drawOption),
  )
  return {
    customId: select.custom_id,
    box: element(
      'div',
      { class: 'field' },
      element('label', { for: frame.id }, ...drawLabelWords(frame)),
      ...drawNotes(frame),
      control,
      drawProblemPlace(frame),
    ),
    problem: () => (required && control.value === '' ? PROBLEM.choose : null),
    value: () => (control.value === '' ? [] : [control.value]),
    focus: () => control.focus(),
  }
}

function createRadioField(
  group: APIRadioGroupComponent,
  label: string,
  description: string | undefined,
): Field {
  const required = group.required !== false
  const frame = { id: frameId(group.custom_id), label, description, required }
  return createGroup('radio', group.custom_id, frame, toChoices(group.options), {
    least: required ? 1 : 0,
    most: 1,
  })
}

function createCheckboxesField(
  group: APICheckboxGroupComponent,
  label: string,
  description: string | undefined,
): Field {
  const required = group.required !== false
  const frame = { id: frameId(group.custom_id), label, description, required }
  return createGroup('checkbox', group.custom_id, frame, toChoices(group.options), {
    least: required ? (group.min_values ?? 1) : 0,
    most: group.max_values ?? group.options.length,
  })
}

function toChoices(
  options: readonly {
    readonly label: string
    readonly value: string
    readonly description?: string
    readonly default?: boolean
  }[],
): readonly Choice[] {
  return options.map((option) => ({
    label: option.label,
    value: option.value,
    description: option.description,
    chosen: option.default,
  }))
}

function createGroup(
  type: 'radio' | 'checkbox',
  customId: string,
  frame: Frame,
  choices: readonly Choice[],
  bounds: { readonly least: number; readonly most: number },
): Field {
  const inputs = choices.map((choice) =>
    element('input', { type, name: frame.id, value: choice.value, checked: choice.chosen }),
  )
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value)
  const box = element(
    'fieldset',
    { ...controlAttributes(frame), class: 'field group', 'aria-required': null },
    element('legend', {}, ...drawLabelWords(frame)),
    ...drawNotes(frame),
    ...choices.map((choice, index) =>
      element(
        'label',
        {},
        inputs[index],
        element(
          'span',
          {},
          choice.label,
          choice.description ? element('small', {}, choice.description) : null,
        ),
      ),
    ),
    drawProblemPlace(frame),
  )
  return {
    customId,
    box,
    problem() {
      const count = chosen().length
      if (count < bounds.least)
        return bounds.least === 1 ? PROBLEM.choose : `Choose at least ${bounds.least}.`
      return count > bounds.most ? `Choose at most ${bounds.most}.` : null
    },
    value: () => (type === 'radio' ? (chosen()[0] ?? null) : chosen()),
    focus: () => inputs[0]?.focus(),
  }
}

function createCheckboxField(
  component: APICheckboxComponent,
  label: string,
  description: string | undefined,
): Field {
  const frame = { id: frameId(component.custom_id), label, description, required: false }
  const control = element('input', {
    ...controlAttributes(frame),
    type: 'checkbox',
    checked: component.default,
  })
  return {
    customId: component.custom_id,
    box: element(
      'div',
      { class: 'field group' },
      element('label', {}, control, element('span', {}, ...drawLabelWords(frame))),
      ...drawNotes(frame),
    ),
    problem: () => null,
    value: () => String(control.checked),
    focus: () => control.focus(),
  }
}

function createFileField(
  upload: APIFileUploadComponent,
  label: string,
  description: string | undefined,
): Field {
  const required = upload.required !== false && upload.min_values !== 0
  const most = upload.max_values ?? 1
  const frame = { id: frameId(upload.custom_id), label, description, required }
  const types: readonly string[] = upload.file_types ?? []
  let files: readonly File[] = []
  let previews: readonly string[] = []
  let rejected: string | null = null

  const control = element('input', {
    ...controlAttributes(frame),
    type: 'file',
    class: 'hidden',
    multiple: most > 1,
    accept: types.map((type) => (type.startsWith('.') ? type : `${type}/*`)).join(',') || null,
  })
  const list = element('ul', { class: 'files' })
  const zone = element(
    'label',
    { class: 'drop-zone', for: frame.id },
    element('b', {}, most > 1 ? 'Choose files' : 'Choose a file'),
    element('span', {}, ` or drop ${most > 1 ? 'them' : 'it'} here`),
  )
  const box = element(
    'div',
    { class: 'field' },
    // The drop zone is the control's label too; the question itself names it for a screen reader.
    element('p', { class: 'label', id: `${frame.id}-label` }, ...drawLabelWords(frame)),
    ...drawNotes(frame),
    control,
    zone,
    list,
    drawProblemPlace(frame),
  )
  control.setAttribute('aria-labelledby', `${frame.id}-label`)

  const field: Field = {
    customId: upload.custom_id,
    box,
    problem() {
      if (rejected) return rejected
      const least = required ? (upload.min_values ?? 1) : 0
      if (files.length < least) return least === 1 ? PROBLEM.needed : `Add at least ${least} files.`
      return null
    },
    value: () => null,
    files: () => files,
    focus: () => control.focus(),
  }

  const show = () => {
    for (const address of previews) URL.revokeObjectURL(address)
    const addresses: string[] = []
    list.replaceChildren(
      ...files.map((file) => {
        const remove = element('button', { class: 'button ghost', type: 'button' }, 'Remove')
        remove.addEventListener('click', () => {
          files = files.filter((kept) => kept !== file)
          show()
          control.focus()
        })
        let picture: HTMLElement | null = null
        if (file.type.startsWith('image/')) {
          const address = URL.createObjectURL(file)
          addresses.push(address)
          picture = element('img', { src: address, alt: '' })
          // What calls itself a picture may not be one.
          picture.addEventListener('error', () => picture?.remove())
        }
        const size = `${Math.max(1, Math.round(file.size / 1024)).toLocaleString()} KB`
        return element(
          'li',
          {},
          picture,
          element('span', {}, element('b', {}, file.name), element('small', {}, size)),
          remove,
        )
      }),
    )
    previews = addresses
    zone.hidden = files.length >= most
    if (box.classList.contains('wrong') || rejected) showProblem(field)
  }
  const add = (more: readonly File[]) => {
    const fitting = more.filter((file) => fits(file, types))
    const room = most === 1 ? 1 : most - files.length
    rejected =
      fitting.length < more.length
        ? `Only ${types.map((type) => type.replace(/^\./, '')).join(', ')} files fit here.`
        : fitting.length > room
          ? `At most ${most} ${most === 1 ? 'file fits' : 'files fit'} here.`
          : null
    files = most === 1 ? (fitting[0] ? [fitting[0]] : files) : [...files, ...fitting.slice(0, room)]
    show()
    // Told once; what did fit may be sent.
    rejected = null
  }
  control.addEventListener('change', () => {
    add([...(control.files ?? [])])
    // The same file may be chosen again after it was removed.
    control.value = ''
  })
  zone.addEventListener('dragover', (event) => {
    event.preventDefault()
    zone.classList.add('over')
  })
  zone.addEventListener('dragleave', () => zone.classList.remove('over'))
  zone.addEventListener('drop', (event) => {
    event.preventDefault()
    zone.classList.remove('over')
    add([...(event.dataTransfer?.files ?? [])])
  })
  return field
}

/** As Discord's client does: by kind or by the name's ending. The bytes are the receiver's to check. */
function fits(file: File, types: readonly string[]): boolean {
  if (types.length === 0) return true
  return types.some((type) =>
    type.startsWith('.') ? file.name.toLowerCase().endsWith(type) : file.type.startsWith(`${type}/`),
  )
}
