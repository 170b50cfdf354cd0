import { z } from 'zod'
import { noSuch } from './errors.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { paging } from './params.ts'

export const paymentIntentOperations: readonly Operation[] = [
  operation({
    route: 'GET /v1/payment_intents',
    params: z.strictObject(paging),
    later: ['customer', 'customer_account'],
    run(stand, { params }) {
      return pageOf('/v1/payment_intents', stand.tables.intents.values(), params, (intent) => intent.created)
    },
  }),
  operation({
    route: 'GET /v1/payment_intents/:id',
    params: z.strictObject({}),
    later: ['client_secret'],
    run(stand, { id }) {
      const intent = stand.tables.intents.get(id)
      if (!intent) throw noSuch('payment_intent', id)
      return intent
    },
  }),
]
