import type { APIAttachment, APIModalSubmitInteraction } from 'discord-api-types/v10'

/** What was typed into the text input `id`; empty when it was left empty. */
export function typedText(interaction: APIModalSubmitInteraction, id: string): string {
  const input = findInput(interaction, id)
  return input && 'value' in input && typeof input.value === 'string' ? input.value : ''
}

/** The first file put into the upload `id`, or null. */
export function uploadedFile(interaction: APIModalSubmitInteraction, id: string): APIAttachment | null {
  const input = findInput(interaction, id)
  const fileId = input && 'values' in input ? input.values[0] : undefined
  return (fileId && interaction.data.resolved?.attachments?.[fileId]) || null
}

function findInput(interaction: APIModalSubmitInteraction, id: string) {
  for (const part of interaction.data.components) {
    if ('component' in part && part.component.custom_id === id) return part.component
  }
  return null
}
