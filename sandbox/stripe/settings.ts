import type Stripe from 'stripe'
import { z } from 'zod'
import { emit } from './events.ts'
import { type Operation, operation } from './operation.ts'
import { flag, optionalText, whole } from './params.ts'
import { PLATFORM_ID, type Stand } from './stand.ts'
import type { OwnerSettings } from './tables.ts'

const INTERVALS = ['manual', 'daily'] as const

/** How the balance of the platform (null) or of a connected account behaves. Nothing is paid out unless asked. */
export function settingsOf(stand: Stand, account: string | null): OwnerSettings {
  const id = account ?? PLATFORM_ID
  return (
    stand.tables.settings.get(id) ?? {
      id,
      account,
      negativeAllowed: true,
      interval: 'manual',
      minimumByCurrency: {},
      paidOutDay: null,
    }
  )
}

/** Change it, for good. */
export function changeSettings(
  stand: Stand,
  account: string | null,
  change: Partial<OwnerSettings>,
): OwnerSettings {
  const settings = { ...settingsOf(stand, account), ...change }
  stand.tables.settings.set(settings.id, settings)
  return settings
}

function toBalanceSettings({ interval, minimumByCurrency, account }: OwnerSettings): Stripe.BalanceSettings {
  return {
    object: 'balance_settings',
    payments: {
      debit_negative_balances: account === null ? null : false,
      payouts: {
        automatic_transfer_rules_by_currency: null,
        minimum_balance_by_currency: { ...minimumByCurrency },
        schedule: { interval },
        statement_descriptor: null,
        status: 'enabled',
      },
      settlement_timing: { delay_days: 2, start_of_day: null },
    },
  }
}

export const settingsOperations: readonly Operation[] = [
  operation({
    route: 'GET /v1/balance_settings',
    actsFor: true,
    params: z.strictObject({}),
    run: (stand, { account }) => toBalanceSettings(settingsOf(stand, account)),
  }),
  operation({
    route: 'POST /v1/balance_settings',
    actsFor: true,
    params: z.strictObject({
      payments: z
        .strictObject({
          debit_negative_balances: flag.optional(),
          payouts: z
            .strictObject({
              schedule: z.strictObject({ interval: z.enum(INTERVALS).optional() }).optional(),
              // An empty value takes the minimum away.
              minimum_balance_by_currency: z
                .record(z.string(), z.union([whole, z.literal('').transform(() => 0)]))
                .optional(),
              statement_descriptor: optionalText,
            })
            .optional(),
        })
        .optional(),
    }),
    later: ['payments[settlement_timing]', 'payments[payouts][automatic_transfer_rules_by_currency]'],
    run(stand, { params, account }) {
      const before = settingsOf(stand, account)
      const wanted = params.payments?.payouts
      const after = toBalanceSettings(
        changeSettings(stand, account, {
          interval: wanted?.schedule?.interval ?? before.interval,
          minimumByCurrency: { ...before.minimumByCurrency, ...wanted?.minimum_balance_by_currency },
        }),
      )
      emit(stand, 'balance_settings.updated', after, account ? { account } : {})
      return after
    },
  }),
]
