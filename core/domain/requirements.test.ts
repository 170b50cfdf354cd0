import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeRequirement } from './requirements.ts'

test('what Stripe asks of a person is said in words, whoever the person is', () => {
  const said: Record<string, string> = {
    'individual.verification.document': 'A photo of your identity document',
    'individual.verification.additional_document': 'A document that shows your address',
    'individual.first_name': 'Your full name',
    'individual.last_name': 'Your full name',
    'individual.dob.day': 'Your date of birth',
    'individual.dob.month': 'Your date of birth',
    'individual.dob.year': 'Your date of birth',
    'individual.address.city': 'Your address',
    'individual.address.line1': 'Your address',
    'individual.address.postal_code': 'Your address',
    'individual.email': 'Your email address',
    'individual.phone': 'Your phone number',
    'individual.ssn_last_4': 'The last four digits of your social security number',
    'individual.id_number': 'Your national identity or tax number',
    'representative.relationship.title': 'Your job title',
    'owners.first_name': "An owner's full name",
    'person_1L7ig9J55my582bL9KfYmrc1.dob.day': "A named person's date of birth",
  }
  for (const [name, sentence] of Object.entries(said)) assert.equal(describeRequirement(name), sentence)
})

test('what Stripe asks about the business, the bank and the terms is said in words', () => {
  const said: Record<string, string> = {
    external_account: 'A bank account or debit card for your payouts',
    'tos_acceptance.date': "Your agreement to Stripe's terms",
    'tos_acceptance.ip': "Your agreement to Stripe's terms",
    business_type: 'Whether you sell as a person or as a company',
    'business_profile.url': 'A web address of your shop',
    'business_profile.mcc': 'What kind of goods you sell',
    'company.tax_id': "Your company's tax number",
    'company.verification.document': "A document that proves your company's registration",
  }
  for (const [name, sentence] of Object.entries(said)) assert.equal(describeRequirement(name), sentence)
})

test('Accounts v2 puts the same questions into folders', () => {
  const said: Record<string, string> = {
    'identity.individual.given_name': 'Your full name',
    'identity.individual.documents.primary_verification': 'A photo of your identity document',
    'identity.individual.date_of_birth.day': 'Your date of birth',
    'identity.attestations.terms_of_service.account.date': "Your agreement to Stripe's terms",
    'identity.business_details.registered_name': "Your company's legal name",
    'configuration.recipient.default_outbound_destination': 'A bank account or debit card for your payouts',
    'defaults.payout_methods': 'A bank account or debit card for your payouts',
    'defaults.profile.business_url': 'A web address of your shop',
  }
  for (const [name, sentence] of Object.entries(said)) assert.equal(describeRequirement(name), sentence)
})

test('what nobody has heard of is still readable', () => {
  assert.equal(describeRequirement('company.export_license_id'), 'Company, export license id')
  assert.equal(describeRequirement('interv_cnA1b2C3.identity_resolution.form'), 'Identity resolution, form')
  assert.equal(describeRequirement('person_1L7ig9J55my582bL.shoe_size'), 'Shoe size')
  for (const odd of ['', '.', 'identity', '__proto__', 'constructor', 'individual', 'individual.toString']) {
    assert.notEqual(describeRequirement(odd).trim(), '', odd)
  }
})
