import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  TextInputStyle,
} from 'discord-api-types/v10'
import type { BuilderView, DraftView, DropForm, Picture } from '#contract'
import { customId, opensWord } from '../custom-id.ts'
import { truncate } from './text.ts'

/** The form of a drop. With a draft it comes filled in as it was typed. */
export function dropForm(
  about: Pick<DropForm, 'opens' | 'closesInHours' | 'perPerson'>,
  draft: DraftView | null,
): APIModalInteractionResponseCallbackData {
  const form = draft?.form
  const { closesInHours, perPerson } = about
  const press = ['drop', draft?.draftId ?? 'new', String(closesInHours), String(perPerson)] as const
  return {
    custom_id: about.opens ? customId(...press, opensWord(about.opens)) : customId(...press),
    title: draft ? 'Mend your drop' : 'A new drop',
    components: [
      textInput({
        id: 'title',
        label: 'Title',
        description: 'Up to 80 characters.',
        value: form?.title,
        hint: 'Moss-green mug, wheel-thrown',
      }),
      textInput({
        id: 'story',
        label: 'Story',
        description: 'What it is, how you made it, what makes this one special. Up to 1,500 characters.',
        value: form?.story,
        long: true,
        optional: true,
      }),
      textInput({
        id: 'price',
        label: 'Price',
        description: 'In this shop’s currency; the preview shows it as buyers will see it.',
        value: form?.price,
        hint: '24.00',
      }),
      textInput({ id: 'quantity', label: 'How many', value: form?.quantity, hint: '3' }),
      {
        type: ComponentType.Label,
        label: 'Picture',
        description: draft?.picture
          ? 'Leave empty to keep the picture you have.'
          : 'One photo; PNG, JPEG or WebP.',
        component: {
          type: ComponentType.FileUpload,
          custom_id: 'picture',
          min_values: 0,
          max_values: 1,
          required: false,
          file_types: ['image'],
        },
      },
    ],
  }
}

/** What a draft's picture shows, as its builder has said it so far. */
export function descriptionForm(draftId: string, picture: Picture): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customId('describe', draftId, picture.pictureId),
    title: 'Describe the picture',
    components: [
      textInput({
        id: 'description',
        label: 'What does it show?',
        description: 'What should somebody know who cannot see it? One sentence is plenty.',
        value: picture.described ? picture.alt : undefined,
        hint: 'A moss-green mug on a windowsill, its rim breaking to brown',
        max: DESCRIPTION_MAX,
        optional: true,
      }),
    ],
  }
}

/** A builder's own words, as everybody reads them now. */
export function aboutForm({
  about,
  link,
}: Pick<BuilderView, 'about' | 'link'>): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customId('about'),
    title: 'Your story',
    components: [
      textInput({
        id: 'about',
        label: 'Who are you, and what do you make?',
        description: 'Everybody reads it on your page. Up to 1,000 characters.',
        value: about,
        long: true,
        optional: true,
      }),
      textInput({
        id: 'link',
        label: 'One link',
        description: 'Your own page, if you have one.',
        value: link ?? undefined,
        hint: 'https://juniper.example',
        max: LINK_MAX,
        optional: true,
      }),
    ],
  }
}

/** The form for a parcel. */
export function shipmentForm(orderId: string): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customId('shipment', orderId),
    title: 'Mark shipped',
    components: [
      textInput({ id: 'carrier', label: 'Carrier', hint: 'Royal Mail', max: 200 }),
      textInput({
        id: 'tracking',
        label: 'Tracking number',
        description: 'Leave empty if the parcel has none.',
        max: 200,
        optional: true,
      }),
    ],
  }
}

/** A builder gives money back. */
export function giveBackForm(orderId: string): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customId('giveback', orderId),
    title: 'Give money back',
    components: [amountInput(), reasonInput('The buyer reads this.')],
  }
}

/** The buyer says that something is wrong. */
export function problemForm(orderId: string): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customId('wrong', orderId),
    title: 'Something is wrong',
    components: [
      textInput({
        id: 'text',
        label: 'What is wrong?',
        description: 'The builder and the operators read it. Your money stays held until it is settled.',
        long: true,
        max: CASE_TEXT_MAX,
      }),
      picturesInput(),
    ],
  }
}

/** Somebody adds to a case. */
export function caseForm(caseId: string): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customId('add', caseId),
    title: 'Say something in this case',
    components: [
      textInput({
        id: 'text',
        label: 'What should everybody know?',
        description: 'The buyer, the builder and the operators read it. It is kept as it is.',
        long: true,
        max: CASE_TEXT_MAX,
      }),
      picturesInput(),
    ],
  }
}

/** What core takes as a picture's description, as a builder's link, in one entry of a case, and as one reason. */
const DESCRIPTION_MAX = 200
const LINK_MAX = 300
const CASE_TEXT_MAX = 2_000
const REASON_MAX = 500
const PICTURES_AT_MOST = 5

function picturesInput(): APILabelComponent {
  return {
    type: ComponentType.Label,
    label: 'Pictures',
    description: 'Up to five photos; PNG, JPEG or WebP. Leave empty if there is nothing to show.',
    component: {
      type: ComponentType.FileUpload,
      custom_id: 'pictures',
      min_values: 0,
      max_values: PICTURES_AT_MOST,
      required: false,
      file_types: ['image'],
    },
  }
}

/** An empty amount is everything that is left, unless it `must` be given. `typed` stands in it already. */
export function amountInput(
  input: { readonly typed?: string; readonly must?: boolean } = {},
): APILabelComponent {
  return textInput({
    id: 'amount',
    label: 'Amount',
    description: input.must ? 'What goes back to the buyer.' : 'Leave empty to give everything back.',
    value: input.typed,
    hint: '5.00',
    max: 40,
    optional: !input.must,
  })
}

export function reasonInput(description: string): APILabelComponent {
  return textInput({ id: 'reason', label: 'Why?', description, long: true, max: REASON_MAX })
}

export function textInput(input: {
  readonly id: string
  readonly label: string
  readonly description?: string
  readonly hint?: string
  readonly value?: string | undefined
  readonly max?: number
  readonly long?: boolean
  readonly optional?: boolean
}): APILabelComponent {
  return {
    type: ComponentType.Label,
    label: input.label,
    ...(input.description ? { description: input.description } : {}),
    component: {
      type: ComponentType.TextInput,
      custom_id: input.id,
      style: input.long ? TextInputStyle.Paragraph : TextInputStyle.Short,
      required: !input.optional,
      max_length: input.max ?? 4_000,
      ...(input.hint ? { placeholder: input.hint } : {}),
      ...(input.value ? { value: truncate(input.value, input.max ?? 4_000) } : {}),
    },
  }
}
