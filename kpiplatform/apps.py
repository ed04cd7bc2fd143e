"""The installation as a Django app: it holds the commands and loads Celery with Django."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Loads the Celery app, so that tasks bind to it wherever Django runs; the package itself stays empty."""

    name = "kpiplatform"
    label = "kpiplatform"

    def ready(self) -> None:
        from kpiplatform import celery  # noqa: F401
