# Terraform makes the drawers and says who may open them. What lies in them is put there by the operator
# (gcloud secrets versions add), so that no secret is ever in the state.
resource "google_secret_manager_secret" "needed" {
  for_each  = local.secrets
  secret_id = each.value
  replication {
    auto {}
  }
  depends_on = [google_project_service.needed]
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each  = local.secret_readers
  secret_id = google_secret_manager_secret.needed[split("/", each.value)[1]].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.of[split("/", each.value)[0]].member
}
