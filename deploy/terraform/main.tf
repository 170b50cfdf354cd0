# The whole Google project of one collective. deploy/README.md says in which order to run it.
terraform {
  required_version = ">= 1.5"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }
  # The state holds no secret. To share it, make a bucket for it and say so here:
  # backend "gcs" { bucket = "..." }
}

provider "google" {
  project = var.project
  region  = var.region
  # Budgets are asked for in the name of this project.
  user_project_override = true
  billing_project       = var.project
}

# Read before anything is made, because the services' addresses hang on it.
data "google_project" "this" {}

locals {
  project_number = data.google_project.this.number
}

resource "google_project_service" "needed" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "firebaserules.googleapis.com",
    "firestore.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ])
  service            = each.value
  disable_on_destroy = false
}

resource "google_artifact_registry_repository" "images" {
  location      = var.region
  repository_id = "c500"
  format        = "DOCKER"
  description   = "Images of core, bot and web"

  cleanup_policies {
    id     = "keep-the-last-ten"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }
  cleanup_policies {
    id     = "drop-old-ones"
    action = "DELETE"
    condition {
      older_than = "7776000s" # 90 days
    }
  }

  depends_on = [google_project_service.needed]
}
