import { PEOPLE } from '../sandbox/cast.ts'
import type { ProvingShop } from './prove-shop.ts'

const { id: userId, globalName: name } = PEOPLE.juniper
const builder = { userId, name }

/** A builder who went through Stripe's onboarding and can be paid. */
export async function joinBuilder(shop: ProvingShop): Promise<void> {
  const { onboardingUrl } = await shop.bot.joinBuilder({ person: builder })
  const token = onboardingUrl?.split('/').at(-1) ?? ''
  const { url } = await shop.web.openOnboarding({ token })
  await (await fetch(url)).body?.cancel()
  await fetch(url, { method: 'POST', body: new URLSearchParams({ action: 'finish' }), redirect: 'manual' })
  await shop.web.returnFromOnboarding({ token })
}

/** The builder's drop, on sale. `price` is minor units. */
export async function openDrop(shop: ProvingShop, units: number, price: number): Promise<string> {
  const draft = await shop.bot.createDrop({
    builder,
    draftId: null,
    form: {
      title: 'Speckled mug',
      story: 'Wheel-thrown, glazed by hand, fired twice.',
      price: (price / 100).toFixed(2),
      quantity: String(units),
      closesInHours: 72,
      perPerson: 1,
    },
    picture: null,
  })
  const drop = await shop.bot.publishDrop({ userId, draftId: draft.draftId })
  return drop.dropId
}
