import type { APIModalSubmitInteraction } from 'discord-api-types/v10'

/** What was typed into the text input `id`; empty when it was left empty. */
export function typedText(interaction: APIModalSubmitInteraction, id: string): string {
  const input = findInput(interaction, id)
  return input && 'value' in input && typeof input.value === 'string' ? input.value : ''
}

/** The value chosen in the select `id`; empty when nothing was. */
export function chosenValue(interaction: APIModalSubmitInteraction, id: string): string {
  const input = findInput(interaction, id)
  return (input && 'values' in input && input.values[0]) || ''
}

/** A file as core wants to hear of it. */
interface Upload {
  readonly url: string
  readonly filename: string
  readonly size: number
}

/** The files put into the upload `id`, in their order. */
export function uploadedFiles(interaction: APIModalSubmitInteraction, id: string): Upload[] {
  const input = findInput(interaction, id)
  const ids = input && 'values' in input ? input.values : []
  return ids.flatMap((fileId) => {
    const file = interaction.data.resolved?.attachments?.[fileId]
    return file ? [{ url: file.url, filename: file.filename.slice(0, 300), size: file.size }] : []
  })
}

function findInput(interaction: APIModalSubmitInteraction, id: string) {
  for (const part of interaction.data.components) {
    if ('component' in part && part.component.custom_id === id) return part.component
  }
  return null
}
