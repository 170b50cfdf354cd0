/** What Stripe asks of a person, by the name after the person's own. */
const OF_A_PERSON: Readonly<Record<string, (whose: string) => string>> = {
  first_name: (whose) => `${whose} full name`,
  last_name: (whose) => `${whose} full name`,
  given_name: (whose) => `${whose} full name`,
  surname: (whose) => `${whose} full name`,
  dob: (whose) => `${whose} date of birth`,
  date_of_birth: (whose) => `${whose} date of birth`,
  address: (whose) => `${whose} address`,
  email: (whose) => `${whose} email address`,
  phone: (whose) => `${whose} phone number`,
  nationality: (whose) => `${whose} nationality`,
  nationalities: (whose) => `${whose} nationality`,
  id_number: (whose) => `${whose} national identity or tax number`,
  id_numbers: (whose) => `${whose} national identity or tax number`,
  ssn_last_4: (whose) => `the last four digits of ${whose} social security number`,
  verification: (whose) => `a proof of ${whose} identity`,
  'verification.document': (whose) => `a photo of ${whose} identity document`,
  'verification.additional_document': (whose) => `a document that shows ${whose} address`,
  'verification.proof_of_liveness': (whose) => `a photo of ${whose} face`,
  'documents.primary_verification': (whose) => `a photo of ${whose} identity document`,
  'documents.secondary_verification': (whose) => `a document that shows ${whose} address`,
  'documents.passport': (whose) => `a photo of ${whose} passport`,
  political_exposure: (whose) => `${whose} political offices, or that there are none`,
  relationship: (whose) => `${whose} part in the business`,
  'relationship.title': (whose) => `${whose} job title`,
  'relationship.percent_ownership': (whose) => `${whose} share of the business`,
}

/** Whose details are asked for, by the first part of the name. */
const WHOSE: Readonly<Record<string, string>> = {
  individual: 'your',
  // Stripe's word for the person who opens the account for a company.
  representative: 'your',
  owners: "an owner's",
  directors: "a director's",
  executives: "an executive's",
}

/** Everything else, whole or as a beginning. */
const OTHERS: Readonly<Record<string, string>> = {
  external_account: 'a bank account or debit card for your payouts',
  default_outbound_destination: 'a bank account or debit card for your payouts',
  payout_methods: 'a bank account or debit card for your payouts',
  tos_acceptance: "your agreement to Stripe's terms",
  'attestations.terms_of_service': "your agreement to Stripe's terms",
  'attestations.ownership_declaration': 'your statement about who owns the company',
  'attestations.representative_declaration': 'your statement that you may act for the company',
  business_type: 'whether you sell as a person or as a company',
  entity_type: 'whether you sell as a person or as a company',
  country: 'the country you sell from',
  contact_email: 'your email address',
  email: 'your email address',
  'business_profile.name': 'the name of your business',
  'business_profile.url': 'a web address of your shop',
  'business_profile.mcc': 'what kind of goods you sell',
  'business_profile.product_description': 'a short description of what you sell',
  'business_profile.support_email': 'an email address for your buyers',
  'business_profile.support_phone': 'a phone number for your buyers',
  'business_profile.support_url': 'a help page for your buyers',
  'business_profile.annual_revenue': 'about how much you sell in a year',
  'business_profile.estimated_worker_count': 'about how many people work with you',
  business_url: 'a web address of your shop',
  doing_business_as: 'the name of your business',
  product_description: 'a short description of what you sell',
  'settings.payments.statement_descriptor': 'the name that buyers see on their card statement',
  statement_descriptor: 'the name that buyers see on their card statement',
  'company.name': "your company's legal name",
  'company.address': "your company's address",
  'company.phone': "your company's phone number",
  'company.tax_id': "your company's tax number",
  'company.vat_id': "your company's VAT number",
  'company.registration_number': "your company's registration number",
  'company.structure': 'what form of company it is',
  'company.verification': "a document that proves your company's registration",
  'company.owners_provided': 'that all owners of the company are named',
  'company.directors_provided': 'that all directors of the company are named',
  'company.executives_provided': 'that all executives of the company are named',
  'company.ownership_declaration': 'your statement about who owns the company',
  'business_details.registered_name': "your company's legal name",
  'business_details.address': "your company's address",
  'business_details.phone': "your company's phone number",
  'business_details.id_numbers': "your company's tax number",
  'business_details.structure': 'what form of company it is',
  'business_details.documents': "a document that proves your company's registration",
}

/** Folders of Accounts v2 that say nothing to a builder. */
const FOLDERS = new Set(['identity', 'defaults', 'profile', 'configuration', 'recipient', 'merchant'])
/** `person_1L7ig9J55my582bL`, `interv_cnA1b2…` and their like. */
const OBJECT_ID = /^[a-z]+_[A-Za-z0-9]*[A-Z0-9][A-Za-z0-9]*$/

/**
 * What Stripe asks for (`requirements.currently_due`, or an entry's description in Accounts v2), in words for the
 * builder: `individual.dob.day` is "Your date of birth". Several names may have the same words, so show each once. A
 * name Stripe adds one day is spelled out as it is.
 */
export function describeRequirement(name: string): string {
  const parts = name.split('.')
  const start = parts.findIndex((part) => !FOLDERS.has(part))
  const named = start < 0 ? parts : parts.slice(start)
  const [first = '', ...rest] = named
  const whose = WHOSE[first] ?? (first.startsWith('person_') ? "a named person's" : undefined)
  const known = whose ? longest(OF_A_PERSON, rest)?.(whose) : longest(OTHERS, named)
  return capital(known ?? spelledOut(named))
}

/** The entry of a table that begins like this and says most. */
function longest<T>(table: Readonly<Record<string, T>>, parts: readonly string[]): T | undefined {
  for (let length = parts.length; length > 0; length -= 1) {
    const key = parts.slice(0, length).join('.')
    if (Object.hasOwn(table, key)) return table[key]
  }
  return undefined
}

function spelledOut(parts: readonly string[]): string {
  const words = parts.filter((part) => !OBJECT_ID.test(part)).map((part) => part.replaceAll('_', ' ').trim())
  return words.filter(Boolean).join(', ') || 'an answer to a question of Stripe'
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
