"""manage.py migrate: Django's own, which on PostgreSQL keeps nobody waiting for long.

A change of a table waits for whoever reads it, and all who come after wait behind the change. So it waits two seconds
at most, gives way, and is tried again; what it does once it has the table takes the time that it takes.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError, OperationalError, connections
from psycopg.errors import LockNotAvailable

PATIENCE = "2s"
PAUSE = 3.0  # seconds in which those go on who waited behind it
MOST_ATTEMPTS = 100


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            return super().handle(*args, **options)
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{PATIENCE}'")
            cursor.execute("SET statement_timeout = 0")
        try:
            return self._patiently(*args, **options)
        finally:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
                cursor.execute("RESET statement_timeout")

    def _patiently(self, *args: Any, **options: Any) -> str | None:
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                return super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                self.stderr.write(f"attempt {attempt}: somebody holds the table: {str(error).strip()}; trying again")
                time.sleep(PAUSE)
        raise CommandError(f"the tables were held for {MOST_ATTEMPTS} attempts; nothing is half done, run it again")
