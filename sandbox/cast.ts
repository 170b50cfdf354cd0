/** The people, channels and names of the seeded local Discord. Ids look like Discord's: 18 decimal digits. */
export const GUILD = { id: '100000000000000001', name: 'C500 Collective' } as const
export const APPLICATION = { id: '100000000000000002', name: 'C500' } as const
export const BOT_USER = { id: '100000000000000003', username: 'c500', globalName: 'C500' } as const

export const CHANNELS = {
  drops: { id: '100000000000000010', name: 'drops' },
  live: { id: '100000000000000011', name: 'live' },
  lounge: { id: '100000000000000012', name: 'lounge' },
  /** Only operators see it. */
  operators: { id: '100000000000000013', name: 'operators' },
} as const

export const ROLES = {
  builder: { id: '100000000000000201', name: 'Builder' },
  buyer: { id: '100000000000000202', name: 'Buyer' },
  operator: { id: '100000000000000203', name: 'Operator' },
  /** The app gives these two: to builders while they are on air, and while their badge lasts. */
  live: { id: '100000000000000204', name: 'Live now' },
  verified: { id: '100000000000000205', name: 'Verified live' },
} as const

export const PEOPLE = {
  juniper: { id: '100000000000000101', username: 'juniper', globalName: 'Juniper', role: 'builder' },
  moss: { id: '100000000000000102', username: 'moss', globalName: 'Moss', role: 'builder' },
  poppy: { id: '100000000000000103', username: 'poppy', globalName: 'Poppy', role: 'buyer' },
  wren: { id: '100000000000000104', username: 'wren', globalName: 'Wren', role: 'buyer' },
  olive: { id: '100000000000000105', username: 'olive', globalName: 'Olive', role: 'operator' },
} as const

/** Channels on the local Twitch, by whom they belong to; more can be made there. Ids are decimal text, as Twitch's. */
export const BROADCASTERS = {
  juniper: { id: '501', login: 'juniper_makes', display_name: 'Juniper_Makes' },
  moss: { id: '502', login: 'mossworks', display_name: 'Mossworks' },
  poppy: { id: '503', login: 'poppywatches', display_name: 'PoppyWatches' },
  wren: { id: '504', login: 'wren_hollis', display_name: 'Wrën_Hollis' },
} as const
