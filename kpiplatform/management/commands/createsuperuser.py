"""`manage.py createsuperuser`: the first administrator, also of an installation that was never started."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management import call_command


class Command(createsuperuser.Command):
    """Django's own; the tables are made first where there are none yet."""

    requires_migrations_checks = False

    def execute(self, *args: Any, **options: Any) -> Any:
        call_command("migrate", interactive=False, verbosity=0, database=options["database"])
        return super().execute(*args, **options)
