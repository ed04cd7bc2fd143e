"""What each person sees, as a Django app."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Pages, charts and what can be carried away."""

    name = "reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"
