import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  type RESTPostAPIApplicationGuildCommandsJSONBody,
} from 'discord-api-types/v10'

export const OPENS_IN_HOURS = { name: 'opens_in_hours', min: 0.1, max: 720 } as const
/** A stream opens it, and without one it opens after OPENS_IN_HOURS, or as many as these. */
export const WITH_STREAM = { name: 'with_stream', usualHours: 72 } as const
export const CLOSES_IN_HOURS = { name: 'closes_in_hours', min: 1, max: 720, usual: 72 } as const
export const PER_PERSON = { name: 'per_person', min: 1, max: 10, usual: 1 } as const

export const MEMBER = 'member'

/** One root command: everything that a buyer or a builder can do is found by typing `/c500`. */
export const C500 = {
  type: ApplicationCommandType.ChatInput,
  name: 'c500',
  description: 'The C500 Collective: limited drops by makers you know',
  options: [
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'drop',
      description: 'Put something you made up for sale',
      options: [
        {
          type: ApplicationCommandOptionType.Number,
          name: OPENS_IN_HOURS.name,
          description: 'Hours from publishing until it opens, such as 1.5; at once unless you say otherwise',
          min_value: OPENS_IN_HOURS.min,
          max_value: OPENS_IN_HOURS.max,
        },
        {
          type: ApplicationCommandOptionType.Boolean,
          name: WITH_STREAM.name,
          description: 'Opens when you go live on Twitch; opens_in_hours, or 72, is then the latest',
        },
        {
          type: ApplicationCommandOptionType.Integer,
          name: CLOSES_IN_HOURS.name,
          description: 'Hours from its opening until it closes, 72 unless you say otherwise',
          min_value: CLOSES_IN_HOURS.min,
          max_value: CLOSES_IN_HOURS.max,
        },
        {
          type: ApplicationCommandOptionType.Integer,
          name: PER_PERSON.name,
          description: 'How many one person may have, 1 unless you say otherwise',
          min_value: PER_PERSON.min,
          max_value: PER_PERSON.max,
        },
      ],
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'profile',
      description: 'Your orders: where each stands and what happens next. For builders: their story, too',
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'dashboard',
      description: 'For builders: your drops, and what to ship',
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'money',
      description: 'For builders: what is held, why, until when, and what frees it',
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'join',
      description: 'Become a builder, or see what is left to do',
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'link-twitch',
      description: 'For builders: link your Twitch channel, and be verified when you go live',
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'unlink-twitch',
      description: 'For builders: let your Twitch channel go',
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'verify',
      description: 'Is this really them? What the collective knows of a member',
      options: [
        {
          type: ApplicationCommandOptionType.User,
          name: MEMBER,
          description: 'Whom you want to be sure of',
          required: true,
        },
      ],
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'order',
      description: 'Look at one of your orders',
      options: [
        {
          type: ApplicationCommandOptionType.String,
          name: 'order',
          description: 'Start typing its title',
          required: true,
          autocomplete: true,
        },
      ],
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'help',
      description: 'What you can do here',
    },
  ],
} as const satisfies RESTPostAPIApplicationGuildCommandsJSONBody
