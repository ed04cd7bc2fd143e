"""`manage.py createsuperuser`: the first administrator, also of an installation that was never started."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.management.commands import createsuperuser

from kpiplatform.tables import bring_up_to_date


class Command(createsuperuser.Command):
    """Django's own; in embedded mode the tables are made first, where there are none yet."""

    requires_migrations_checks = False

    def execute(self, *args: Any, **options: Any) -> Any:
        if settings.EMBEDDED:
            bring_up_to_date()
        return super().execute(*args, **options)
