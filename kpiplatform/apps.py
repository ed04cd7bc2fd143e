"""The installation as a Django app: it holds the commands, loads Celery with Django, and has its own admin site."""

from django.apps import AppConfig
from django.contrib.admin import apps


class PlatformConfig(AppConfig):
    """Loads the Celery app, so that tasks bind to it wherever Django runs; the package itself stays empty."""

    name = "kpiplatform"
    label = "kpiplatform"

    def ready(self) -> None:
        from kpiplatform import celery  # noqa: F401


class AdminConfig(apps.AdminConfig):
    default_site = "kpiplatform.admin.Site"
