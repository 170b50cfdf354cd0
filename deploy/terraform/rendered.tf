# deploy/cloud-run/*.yaml is the one place that says how a service runs. Here its placeholders are filled in; services.tf
# hands the result to Cloud Run, and secrets.tf reads from it which secrets there are and who may read them.
locals {
  # Cloud Run's addresses can be told before the services exist: name, project number and region.
  address = {
    for name in ["core", "bot", "web"] : name => "https://c500-${name}-${local.project_number}.${var.region}.run.app"
  }

  placeholders = {
    PROJECT              = var.project
    IMAGE                = coalesce(var.image, "not-built-yet")
    MEDIA_BUCKET         = "${var.project}-c500-media"
    CORE_URL             = local.address.core
    BOT_URL              = local.address.bot
    WEB_URL              = coalesce(var.web_url, local.address.web)
    DISCORD_CLIENT_ID    = var.discord_client_id
    DISCORD_PUBLIC_KEY   = var.discord_public_key
    DISCORD_GUILD_ID     = var.discord_guild_id
    DROPS_CHANNEL_ID     = var.drops_channel_id
    OPERATORS_CHANNEL_ID = var.operators_channel_id
    DISCORD_INVITE_URL   = var.discord_invite_url
    OPERATOR_NAME        = var.operator_name
    OPERATOR_CONTACT     = var.operator_contact
    TWITCH_CLIENT_ID     = var.twitch_client_id
  }

  services = {
    for name in ["core", "bot", "web"] :
    name => yamldecode(templatefile("${path.module}/../cloud-run/${name}.yaml", local.placeholders))
  }

  # What `npm run bot:register` needs beside the bot's token, as the lines of a .env file.
  bot_settings = join("\n", [
    for env in local.services.bot.spec.template.spec.containers[0].env : "${env.name}=${env.value}" if can(env.value)
  ])

  # Every "service/secret" that a service reads.
  secret_readers = toset(flatten([
    for name, service in local.services : [
      for env in service.spec.template.spec.containers[0].env :
      "${name}/${env.valueFrom.secretKeyRef.name}" if can(env.valueFrom.secretKeyRef.name)
    ]
  ]))
  secrets = toset([for reader in local.secret_readers : split("/", reader)[1]])
}
