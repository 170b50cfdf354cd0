# Whom each service acts as. None has a key; none may do more than what is granted by name in these files. Who may call
# whom is no grant here: Cloud Run lets everybody through to the three services, and each checks its callers' tokens
# against these accounts (deploy/cloud-run/*.yaml).
resource "google_service_account" "of" {
  for_each = {
    core      = "C500 core: database, pictures, Stripe"
    bot       = "C500 bot: Discord"
    web       = "C500 web: the public pages"
    scheduler = "C500 scheduler: wakes core's jobs"
  }
  account_id   = "c500-${each.key}"
  display_name = each.value
  depends_on   = [google_project_service.needed]
}

# The resource of the v1 API, because its fields are the YAML's own.
resource "google_cloud_run_service" "this" {
  for_each                   = { for name, service in local.services : name => service if var.image != null }
  name                       = each.value.metadata.name
  location                   = var.region
  autogenerate_revision_name = true

  metadata {
    annotations = each.value.metadata.annotations
  }

  template {
    metadata {
      annotations = each.value.spec.template.metadata.annotations
    }
    spec {
      service_account_name  = each.value.spec.template.spec.serviceAccountName
      container_concurrency = each.value.spec.template.spec.containerConcurrency
      timeout_seconds       = each.value.spec.template.spec.timeoutSeconds

      dynamic "containers" {
        for_each = each.value.spec.template.spec.containers
        content {
          image = containers.value.image
          args  = containers.value.args

          dynamic "ports" {
            for_each = containers.value.ports
            content {
              name           = ports.value.name
              container_port = ports.value.containerPort
            }
          }

          resources {
            limits = containers.value.resources.limits
          }

          startup_probe {
            http_get {
              path = containers.value.startupProbe.httpGet.path
            }
            period_seconds    = containers.value.startupProbe.periodSeconds
            timeout_seconds   = containers.value.startupProbe.timeoutSeconds
            failure_threshold = containers.value.startupProbe.failureThreshold
          }

          liveness_probe {
            http_get {
              path = containers.value.livenessProbe.httpGet.path
            }
            period_seconds    = containers.value.livenessProbe.periodSeconds
            timeout_seconds   = containers.value.livenessProbe.timeoutSeconds
            failure_threshold = containers.value.livenessProbe.failureThreshold
          }

          dynamic "env" {
            for_each = containers.value.env
            content {
              name = env.value.name
              # Empty, not absent, beside a secret: with null the provider plans to change every secret when one changes.
              value = try(env.value.value, "")
              dynamic "value_from" {
                for_each = can(env.value.valueFrom) ? [env.value.valueFrom] : []
                content {
                  secret_key_ref {
                    name = value_from.value.secretKeyRef.name
                    key  = value_from.value.secretKeyRef.key
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  dynamic "traffic" {
    for_each = each.value.spec.traffic
    content {
      percent         = traffic.value.percent
      latest_revision = traffic.value.latestRevision
    }
  }

  depends_on = [
    google_service_account.of,
    google_secret_manager_secret_iam_member.reader,
    google_project_iam_member.core_uses_firestore,
    google_firestore_index.needed,
    google_storage_bucket_iam_member.core_uses_media,
  ]
}
