"""The installation as a Django app: it holds the commands, loads Celery with Django, and has its own admin site."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps

from metrics import origin


class PlatformConfig(AppConfig):
    """Loads the Celery app, so that tasks bind to it wherever Django runs, and traces where they are wished."""

    name = "kpiplatform"
    label = "kpiplatform"

    def ready(self) -> None:
        from kpiplatform import celery  # noqa: F401

        if settings.TRACED:
            from kpiplatform import traces

            origin.SPANS.append(traces.span)


class AdminConfig(apps.AdminConfig):
    default_site = "kpiplatform.admin.Site"
