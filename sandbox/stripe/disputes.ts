import { z } from 'zod'
import { noSuch } from './errors.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { optionalText, paging } from './params.ts'

/** Nobody disputes a charge here yet: the list is truly empty. */
export const disputeOperations: readonly Operation[] = [
  operation({
    route: 'GET /v1/disputes',
    params: z.strictObject({ ...paging, charge: optionalText, payment_intent: optionalText }),
    run: (_stand, { params }) =>
      pageOf<{ id: string; created: number }>('/v1/disputes', [], params, (dispute) => dispute.created),
  }),
  operation({
    route: 'GET /v1/disputes/:id',
    params: z.strictObject({}),
    run(_stand, { id }) {
      throw noSuch('dispute', id)
    },
  }),
]
