# Letters for what somebody must look at. Each says what it means and what to do.
resource "google_monitoring_notification_channel" "email" {
  display_name = "C500 operators"
  type         = "email"
  labels       = { email_address = var.alert_email }
  depends_on   = [google_project_service.needed]
}

locals {
  # One line of a log is enough. The quoted words stand in the code; tests/deploy.test.ts holds them to it.
  log_alerts = {
    drift = {
      title  = "Our books and Stripe disagree"
      filter = "resource.labels.service_name=\"c500-core\" AND jsonPayload.message=\"our books and Stripe disagree\""
      advice = "An order's release is frozen until they agree again. /c500-operator names it; `npm run money-doctor` says what differs and mends what is safe."
    }
    outbox = {
      title  = "Something that core has to do keeps failing"
      filter = "resource.labels.service_name=\"c500-core\" AND jsonPayload.message=\"effect failed, will be tried again\" AND jsonPayload.attempts>=6"
      advice = "It is tried again with growing pauses, and nothing is lost. The line names the kind of work and the error: a vendor that is down, a key that was changed, a bot that cannot be reached."
    }
  }
}

resource "google_monitoring_alert_policy" "log" {
  for_each     = local.log_alerts
  display_name = "C500: ${each.value.title}"
  combiner     = "OR"
  conditions {
    display_name = each.value.title
    condition_matched_log {
      filter = "resource.type=\"cloud_run_revision\" AND ${each.value.filter}"
    }
  }
  alert_strategy {
    auto_close = "86400s"
    notification_rate_limit {
      period = "3600s"
    }
  }
  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }
  notification_channels = [google_monitoring_notification_channel.email.id]
}

locals {
  log_metrics = {
    # Scanners knock at every public address now and then; a wrong webhook secret knocks all the time.
    refused_webhooks = "log_id(\"run.googleapis.com/requests\") AND httpRequest.requestUrl=~\"/webhooks/\" AND httpRequest.status>=400"
    # Said once a minute, when the scheduler asks.
    backlog = "jsonPayload.message=\"a round of work is done\" AND jsonPayload.left>=100"
  }
}

resource "google_logging_metric" "of" {
  for_each = local.log_metrics
  name     = "c500-${replace(each.key, "_", "-")}"
  filter   = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"c500-core\" AND ${each.value}"
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
  depends_on = [google_project_service.needed]
}

locals {
  rate_alerts = {
    webhooks = {
      title  = "Webhooks are refused"
      filter = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.of["refused_webhooks"].name}\""
      above  = 10
      advice = "Most often a webhook secret that does not belong to its endpoint. Core's log says which endpoint and why. Stripe and Twitch send again for days, and core looks for what it missed."
    }
    backlog = {
      title  = "Work piles up"
      filter = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.of["backlog"].name}\""
      above  = 5
      advice = "More than a hundred things have been due for minutes: a drop larger than the instances, or a vendor that is slow. Buyers' units are safe; pay pages, cards and messages come late. Raise maxScale and MAX_INSTANCES together in deploy/cloud-run/core.yaml."
    }
    server_errors = {
      title  = "A service answers with errors of its own"
      filter = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/request_count\" AND metric.labels.response_code_class=\"5xx\""
      above  = 5
      advice = "Look at the log with severity>=ERROR; every line carries the request's id and trace."
    }
    scheduler = {
      title  = "The scheduler cannot reach core"
      filter = "resource.type=\"cloud_scheduler_job\" AND metric.type=\"logging.googleapis.com/log_entry_count\" AND metric.labels.severity=\"ERROR\""
      above  = 3
      advice = "Core does its work by itself while it runs; this is its alarm clock. Is the service up, and does SERVICE_ACCOUNT_SCHEDULER name the scheduler's account?"
    }
  }
}

resource "google_monitoring_alert_policy" "rate" {
  for_each     = local.rate_alerts
  display_name = "C500: ${each.value.title}"
  combiner     = "OR"
  conditions {
    display_name = "${each.value.title}, more than ${each.value.above} times in ten minutes"
    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = "0s"
      aggregations {
        alignment_period     = "600s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }
  notification_channels = [google_monitoring_notification_channel.email.id]
}

resource "google_billing_budget" "monthly" {
  count           = var.billing_account == null ? 0 : 1
  billing_account = var.billing_account
  display_name    = "C500 per month"
  budget_filter {
    projects = ["projects/${local.project_number}"]
  }
  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }
  threshold_rules {
    threshold_percent = 0.5
  }
  threshold_rules {
    threshold_percent = 1
  }
  depends_on = [google_project_service.needed]
}
