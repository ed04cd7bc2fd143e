"""The chain as a Django app."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """Tables, services and API of the chain."""

    name = "metrics"
    label = "metrics"
    default_auto_field = "django.db.models.BigAutoField"
