import {
  type APIApplicationCommandSubcommandGroupOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  PermissionFlagsBits,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord-api-types/v10'

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
const REASON_FOLLOWS = 'you are asked for the reason'

const DROP_TO_PAUSE = {
  type: ApplicationCommandOptionType.String,
  name: 'drop',
  description: 'Start typing its title',
  required: true,
  autocomplete: true,
} as const
const DROP_TO_RESUME = {
  type: ApplicationCommandOptionType.String,
  name: 'drop',
  description: 'Its id; the button under its builder is quicker',
  required: true,
} as const

function selling(
  name: 'pause' | 'resume',
  verb: string,
  drop: typeof DROP_TO_PAUSE | typeof DROP_TO_RESUME,
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
        description: `${verb} one drop; ${REASON_FOLLOWS}`,
        options: [drop],
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
    selling('pause', 'Stop', DROP_TO_PAUSE),
    selling('resume', 'Go on with', DROP_TO_RESUME),
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'audit',
      description: 'Who decided what, and why',
    },
  ],
} satisfies RESTPostAPIChatInputApplicationCommandsJSONBody
