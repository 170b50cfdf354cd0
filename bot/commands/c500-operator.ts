import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandGroupOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  PermissionFlagsBits,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord-api-types/v10'
import { ExportKind } from '#contract'

const ORDER = {
  type: ApplicationCommandOptionType.String,
  name: 'order',
  description: 'Its id, like ord_01j…',
  required: true,
} as const
const BUILDER = {
  type: ApplicationCommandOptionType.User,
  name: 'builder',
  description: 'Who',
  required: true,
} as const
const KIND: Record<ExportKind, string> = {
  orders: 'Orders that were paid',
  ledger: 'Our books, line by line',
  payouts: 'Payouts to banks',
}
const REASON_FOLLOWS = 'you are asked for the reason'

const DROP_TO_PAUSE = {
  type: ApplicationCommandOptionType.String,
  name: 'drop',
  description: 'Start typing its title',
  required: true,
  autocomplete: true,
} as const

function selling(
  name: 'pause' | 'resume',
  verb: string,
  drop: { readonly description: string; readonly options: APIApplicationCommandBasicOption[] },
): APIApplicationCommandSubcommandGroupOption {
  return {
    type: ApplicationCommandOptionType.SubcommandGroup,
    name,
    description: `${verb} selling`,
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'everything',
        description: `${verb} all selling; ${REASON_FOLLOWS}`,
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'builder',
        description: `${verb} all drops of one builder; ${REASON_FOLLOWS}`,
        options: [BUILDER],
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'drop',
        ...drop,
      },
    ],
  }
}

/**
 * A root command of its own, because Discord's default permissions hold for a whole command. They only hide it: the bot
 * looks at the permissions of whoever asks each time. A command of a guild has no contexts to set, it is never in
 * direct messages.
 */
export const C500_OPERATOR = {
  type: ApplicationCommandType.ChatInput,
  name: 'c500-operator',
  description: 'For those who run the collective: cases, money, builders',
  default_member_permissions: String(PermissionFlagsBits.ManageGuild),
  options: [
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'queue',
      description: 'Everything that waits for you',
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'cases',
      description: 'The cases that are not decided',
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'order',
      description: 'Look at any order',
      options: [ORDER],
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'refund',
      description: `Give money back for an order; ${REASON_FOLLOWS}`,
      options: [
        ORDER,
        {
          type: ApplicationCommandOptionType.String,
          name: 'amount',
          description: 'How much, like 5.00; leave it out for everything',
          max_length: 40,
        },
      ],
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'release',
      description: `Release the money of an order; ${REASON_FOLLOWS}`,
      options: [ORDER],
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'builder',
      description: 'Approve, pause or suspend a builder, or set their terms',
      options: [BUILDER],
    },
    selling('pause', 'Stop', {
      description: `Stop one drop; ${REASON_FOLLOWS}`,
      options: [DROP_TO_PAUSE],
    }),
    selling('resume', 'Go on with', {
      description: 'Choose one of the drops that are paused',
      options: [],
    }),
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'doctor',
      description: "Compare our books with Stripe's, to the cent",
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'export',
      description: 'Everything as a table, in a file that only you see',
      options: [
        {
          type: ApplicationCommandOptionType.String,
          name: 'kind',
          description: 'What the rows are',
          required: true,
          choices: ExportKind.options.map((kind) => ({ name: KIND[kind], value: kind })),
        },
        {
          type: ApplicationCommandOptionType.String,
          name: 'month',
          description: 'Like 2026-11, by UTC; leave it out for everything',
          min_length: 7,
          max_length: 7,
        },
      ],
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'audit',
      description: 'Who decided what, and why',
    },
  ],
} satisfies RESTPostAPIChatInputApplicationCommandsJSONBody
