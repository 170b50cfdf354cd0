# Once a minute somebody looks whether work is due, even when no core is awake or the one that had it died.
resource "google_cloud_scheduler_job" "run_jobs" {
  count            = var.image == null ? 0 : 1
  name             = "c500-run-jobs"
  description      = "Asks core to do what is due"
  region           = var.region
  schedule         = "* * * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "90s"

  retry_config {
    retry_count = 0 # the next minute is the retry
  }

  http_target {
    http_method = "POST"
    uri         = "${local.address.core}/api/internal/jobs/run"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode("{}")
    oidc_token {
      service_account_email = google_service_account.of["scheduler"].email
      audience              = local.address.core
    }
  }

  depends_on = [google_cloud_run_service.this]
}
