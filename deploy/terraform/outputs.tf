output "shop" {
  description = "Where people reach the shop."
  value       = local.placeholders.WEB_URL
}

output "discord_interactions_endpoint" {
  description = "For the Discord application: General Information, Interactions Endpoint URL."
  value       = "${local.address.bot}/interactions"
}

output "bot_settings" {
  description = "The bot's settings without its token, as lines of a .env file, for npm run bot:register."
  value       = local.bot_settings
}

output "stripe_webhook" {
  description = "Stripe's event destination for your own account."
  value       = "${local.address.core}/webhooks/stripe"
}

output "stripe_connect_webhook" {
  description = "Stripe's event destination for connected accounts."
  value       = "${local.address.core}/webhooks/stripe-connect"
}

output "registry" {
  description = "Where the image is pushed to."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}/c500"
}

output "secrets" {
  description = "The secrets that need a value: gcloud secrets versions add NAME --data-file=-"
  value       = local.secrets
}
