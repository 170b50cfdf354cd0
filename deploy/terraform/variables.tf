variable "project" {
  description = "The id of the Google project."
  type        = string
}

variable "region" {
  description = "Where everything runs. The database's place cannot be changed afterwards."
  type        = string
  default     = "us-central1"
}

variable "image" {
  description = "The image with its digest, REGION-docker.pkg.dev/PROJECT/c500/c500@sha256:...; null makes everything but the services."
  type        = string
  default     = null
  validation {
    condition     = var.image == null || can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest (...@sha256:...): a tag can be moved."
  }
}

variable "web_url" {
  description = "Where people reach the shop, such as https://c500.store; null takes Cloud Run's own address."
  type        = string
  default     = null
}

variable "discord_client_id" {
  description = "The Client ID of the Discord application (OAuth2)."
  type        = string
}

variable "discord_public_key" {
  description = "The Public Key of the Discord application (General Information)."
  type        = string
  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.discord_public_key))
    error_message = "The public key is 64 hexadecimal digits."
  }
}

variable "discord_guild_id" {
  description = "The id of your Discord server."
  type        = string
}

variable "drops_channel_id" {
  description = "The id of the channel where drops are posted."
  type        = string
}

variable "operators_channel_id" {
  description = "The id of a channel that only operators see, where they are told what waits for them; empty tells nobody."
  type        = string
  default     = ""
}

variable "discord_invite_url" {
  description = "An invitation to your server, for the website's button; empty hides the button."
  type        = string
  default     = ""
}

variable "operator_name" {
  description = "Who runs the shop, a person or a company: named in the terms, the privacy page and under every page. No double quotes."
  type        = string
  default     = ""
}

variable "operator_contact" {
  description = "Where people reach whoever runs the shop: an e-mail address, a web address or a postal address. No double quotes."
  type        = string
  default     = ""
}

variable "twitch_client_id" {
  description = "The Client ID of the Twitch application; empty only without Twitch (deploy/README.md)."
  type        = string
  default     = ""
}

variable "alert_email" {
  description = "Who is told when something is wrong."
  type        = string
}

variable "billing_account" {
  description = "The billing account (XXXXXX-XXXXXX-XXXXXX) to set a monthly budget on; null sets none."
  type        = string
  default     = null
}

variable "monthly_budget" {
  description = "The monthly sum, in the billing account's currency, near which a letter is sent. It stops nothing."
  type        = number
  default     = 100
}
