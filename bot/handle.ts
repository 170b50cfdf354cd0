import {
  type APIApplicationCommandInteractionDataBasicOption,
  type APIApplicationCommandInteractionDataOption,
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIMessageComponentInteraction,
  type APIModalSubmitInteraction,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
  PermissionFlagsBits,
} from 'discord-api-types/v10'
import type { Logger } from 'pino'
import type { CoreClient, Person } from '#contract'
import { C500_OPERATOR } from './commands/c500-operator.ts'
import { parseCustomId, readOpens } from './custom-id.ts'
import { inPlace, sayPrivately } from './interactions/answer.ts'
import { buy } from './interactions/buy.ts'
import { openAboutForm, submitAbout } from './interactions/change-about.ts'
import { callOffDrop, openDropNow, showOpening } from './interactions/change-opening.ts'
import { confirmArrival } from './interactions/confirm-arrival.ts'
import { openDescriptionForm, submitDescription } from './interactions/describe-picture.ts'
import { explain } from './interactions/explain.ts'
import { openGiveBackForm, submitGiveBack } from './interactions/give-back.ts'
import { join } from './interactions/join.ts'
import { joinWaitlist } from './interactions/join-waitlist.ts'
import { letGo } from './interactions/let-go.ts'
import { askToUnlink, linkTwitch, unlinkTwitch } from './interactions/link-twitch.ts'
import { openShipmentForm, submitShipment } from './interactions/mark-shipped.ts'
import { openDropForm, reopenDropForm } from './interactions/open-drop-form.ts'
import { suggestDrops } from './interactions/operator/read-as-operator.ts'
import {
  onlyOperators,
  onOperatorCommand,
  onOperatorForm,
  onOperatorPress,
} from './interactions/operator/route-operator.ts'
import { publishDrop } from './interactions/publish-drop.ts'
import { remind } from './interactions/remind.ts'
import { showDashboard } from './interactions/show-dashboard.ts'
import { showMoney } from './interactions/show-money.ts'
import { showOrder, suggestOrders } from './interactions/show-order.ts'
import { showProfile } from './interactions/show-profile.ts'
import {
  openCaseForm,
  openProblemForm,
  showCase,
  submitProblem,
  submitToCase,
} from './interactions/speak-in-case.ts'
import { submitDrop } from './interactions/submit-drop.ts'
import { verify } from './interactions/verify.ts'
import type { Reply, Visit } from './interactions/visit.ts'
import { renderHelp } from './replies/help.ts'
import { fillKept } from './replies/kept.ts'
import { say } from './replies/message.ts'
import { plainText } from './replies/text.ts'
import { referenceOf } from './trace-interaction.ts'

interface HandleDeps {
  readonly core: CoreClient
  readonly config: {
    readonly answerBudgetMs: number
    readonly dropsChannelId: string
    readonly guildId: string
    readonly webUrl: string
  }
  readonly log: Logger
  /** UTC milliseconds. */
  now(): number
}

/**
 * Answers one interaction, whichever transport brought it. Never throws: what goes wrong becomes a kind private
 * sentence. Nothing of it is sent here; `first` is due within three seconds of the interaction.
 */
export async function handle(interaction: APIInteraction, deps: HandleDeps): Promise<Reply> {
  if (interaction.type === InteractionType.Ping) return { first: { type: InteractionResponseType.Pong } }
  const visit = toVisit(interaction, deps)
  try {
    const reply = await route(interaction, visit)
    return interaction.type === InteractionType.MessageComponent ? keepWords(reply, interaction) : reply
  } catch (error) {
    return sayPrivately(explain(visit, error))
  }
}

type Asked = Exclude<APIInteraction, { type: InteractionType.Ping }>

function route(interaction: Asked, visit: Visit): Promise<Reply> | Reply {
  switch (interaction.type) {
    case InteractionType.ApplicationCommand:
      if (interaction.data.type !== ApplicationCommandType.ChatInput) return strange(visit)
      return onCommand(interaction as APIChatInputApplicationCommandInteraction, visit)
    case InteractionType.ApplicationCommandAutocomplete: {
      const focused = subcommand(interaction.data.options).options.find((option) => option.focused)
      const typed = String(focused?.value ?? '')
      if (interaction.data.name !== C500_OPERATOR.name) return suggestOrders(visit, typed)
      return visit.isOperator ? suggestDrops(visit, typed) : suggestNothing()
    }
    case InteractionType.MessageComponent:
      return onPress(interaction, visit)
    case InteractionType.ModalSubmit:
      return onModal(interaction, visit)
    default:
      return interaction satisfies never
  }
}

function onCommand(
  interaction: APIChatInputApplicationCommandInteraction,
  visit: Visit,
): Promise<Reply> | Reply {
  const { name, options } = subcommand(interaction.data.options)
  if (interaction.data.name === C500_OPERATOR.name) {
    const given = Object.fromEntries(options.map((option) => [option.name, String(option.value)]))
    return onlyOperators(visit, () => onOperatorCommand(visit, name, given)) ?? strange(visit)
  }
  switch (name) {
    case 'drop':
      return openDropForm(options)
    case 'profile':
      return showProfile(visit, 'new')
    case 'dashboard':
      return showDashboard(visit, 'new')
    case 'money':
      return showMoney(visit, null, 'new')
    case 'join':
      return join(visit, 'new')
    case 'link-twitch':
      return linkTwitch(visit, 'new')
    case 'unlink-twitch':
      return askToUnlink(visit, 'new')
    case 'verify':
      return verify(visit, String(options[0]?.value ?? ''))
    case 'order':
      return showOrder(visit, String(options[0]?.value ?? ''), 'new')
    case 'help':
      return sayPrivately(renderHelp(visit.webUrl))
    default:
      return strange(visit)
  }
}

function onPress(interaction: APIMessageComponentInteraction, visit: Visit): Promise<Reply> | Reply {
  const press = parseCustomId(interaction.data.custom_id)
  const chosen = ('values' in interaction.data && interaction.data.values[0]) || ''
  switch (press?.[0]) {
    case 'buy':
      return buy(visit, press[1])
    case 'remind':
      return remind(visit, press[1], true)
    case 'forget':
      return remind(visit, press[1], false)
    case 'getinline':
      return joinWaitlist(visit, press[1], true)
    case 'leaveline':
      return joinWaitlist(visit, press[1], false)
    case 'opening':
      return showOpening(visit, press[1])
    case 'opennow':
      return openDropNow(visit, press[1])
    case 'calloff':
      return callOffDrop(visit, press[1])
    case 'letgo':
      return letGo(visit, press[1])
    case 'publish':
      return publishDrop(visit, press[1], press[2])
    case 'fix':
      return reopenDropForm(visit, press[1])
    case 'describe':
      return openDescriptionForm(visit, press[1])
    case 'ship':
      return openShipmentForm(press[1])
    case 'arrived':
      return confirmArrival(visit, press[1])
    case 'order':
      return showOrder(visit, press[1], inPlace(visit))
    case 'profile':
      return showProfile(visit, inPlace(visit))
    case 'about':
      return openAboutForm(visit)
    case 'dashboard':
      return showDashboard(visit, inPlace(visit))
    case 'money':
      return showMoney(visit, press[1] ?? null, inPlace(visit))
    case 'join':
      return join(visit, inPlace(visit))
    case 'linktwitch':
      return linkTwitch(visit, inPlace(visit))
    case 'unlink':
      return askToUnlink(visit, inPlace(visit))
    case 'unlinkyes':
      return unlinkTwitch(visit, inPlace(visit))
    case 'giveback':
      return openGiveBackForm(press[1])
    case 'wrong':
      return openProblemForm(press[1])
    case 'add':
      return openCaseForm(press[1])
    case 'case':
      return showCase(visit, press[1], inPlace(visit))
    case 'op':
      return onlyOperators(visit, () => onOperatorPress(visit, press, chosen)) ?? strange(visit)
    case 'pickorder':
      return showOrder(visit, chosen, 'new')
    case 'pickship': {
      const ship = parseCustomId(`v1:ship:${chosen}`)
      return ship?.[0] === 'ship' ? openShipmentForm(ship[1]) : strange(visit)
    }
    default:
      return strange(visit)
  }
}

function onModal(interaction: APIModalSubmitInteraction, visit: Visit): Promise<Reply> | Reply {
  const press = parseCustomId(interaction.data.custom_id)
  switch (press?.[0]) {
    case 'drop':
      return submitDrop(visit, interaction, {
        draftId: press[1] === 'new' ? null : press[1],
        closesInHours: Number(press[2]),
        perPerson: Number(press[3]),
        opens: readOpens(press[4]),
      })
    case 'describe':
      return press[2] ? submitDescription(visit, interaction, press[1], press[2]) : strange(visit)
    case 'about':
      return submitAbout(visit, interaction)
    case 'shipment':
      return submitShipment(visit, interaction, press[1])
    case 'giveback':
      return submitGiveBack(visit, interaction, press[1])
    case 'wrong':
      return submitProblem(visit, interaction, press[1])
    case 'add':
      return submitToCase(visit, interaction, press[1])
    case 'op':
      return onlyOperators(visit, () => onOperatorForm(visit, press, interaction)) ?? strange(visit)
    default:
      return strange(visit)
  }
}

/** Whoever goes back into a form that was not taken finds their words in it. */
function keepWords(reply: Reply, { message }: APIMessageComponentInteraction): Reply {
  const { first } = reply
  if (first.type !== InteractionResponseType.Modal) return reply
  return { ...reply, first: { ...first, data: fillKept(first.data, message) } }
}

/** A command or button we do not know: made up, or from an older version of ours. */
function strange(visit: Visit): Reply {
  visit.log.warn('an unknown command or button was pressed')
  return sayPrivately(say('I do not know that one any more. `/c500 help` shows what I can do.'))
}

function suggestNothing(): Reply {
  return {
    first: { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices: [] } },
  }
}

/** The chosen subcommand, after its group if it has one, with its options; Discord sends exactly one. */
function subcommand(options: readonly APIApplicationCommandInteractionDataOption[] = []): {
  readonly name: string
  readonly options: readonly (APIApplicationCommandInteractionDataBasicOption & { focused?: boolean })[]
} {
  const [first] = options
  if (first?.type === ApplicationCommandOptionType.SubcommandGroup) {
    const inner = subcommand(first.options)
    return { ...inner, name: `${first.name} ${inner.name}` }
  }
  if (first?.type !== ApplicationCommandOptionType.Subcommand) return { name: '', options: [] }
  return { name: first.name, options: first.options ?? [] }
}

function toVisit(interaction: Asked, deps: HandleDeps): Visit {
  const reference = referenceOf(interaction)
  const pressed = 'message' in interaction ? interaction.message : undefined
  return {
    person: toPerson(interaction),
    isOperator: mayManage(interaction, deps.config.guildId),
    core: deps.core,
    call: { idempotencyKey: interaction.id, requestId: reference },
    budgetMs: deps.config.answerBudgetMs,
    onPrivateMessage: ((pressed?.flags ?? 0) & MessageFlags.Ephemeral) !== 0,
    dropsChannelId: deps.config.dropsChannelId,
    webUrl: deps.config.webUrl,
    log: deps.log.child({ requestId: reference }),
    reference,
    now: deps.now,
  }
}

function toPerson(interaction: Asked): Person {
  const user = interaction.member?.user ?? interaction.user
  if (!user) throw new Error('an interaction without a person')
  const name = interaction.member?.nick ?? user.global_name ?? user.username
  return { userId: user.id, name: plainText(name, 100) || plainText(user.username, 100) || user.id }
}

/** By the permissions that Discord sends with each interaction; in direct messages, and elsewhere, nobody may. */
function mayManage(interaction: Asked, guildId: string): boolean {
  if (interaction.guild_id !== guildId || !interaction.member) return false
  const enough = PermissionFlagsBits.ManageGuild | PermissionFlagsBits.Administrator
  return (BigInt(interaction.member.permissions) & enough) !== 0n
}
