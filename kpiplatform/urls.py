"""All routes: the API, the pages, the admin, the probes and the metrics."""

from django.contrib import admin
from django.urls import include, path

from kpiplatform import health, observed

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", observed.metrics, name="metrics"),
    path("api/v1/", include("metrics.api.urls")),
    path("admin/", admin.site.urls),
    path("", include("reports.urls")),
]

handler400 = "kpiplatform.errors.bad_request"
handler403 = "kpiplatform.errors.forbidden"
handler404 = "kpiplatform.errors.not_found"
handler500 = "kpiplatform.errors.server_error"
