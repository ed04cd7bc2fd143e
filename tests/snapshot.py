"""All rows and all files of a test at one moment, to be put back in a later test of the same process.

Building a complete chain takes seconds, and most tests that start from it only read it.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction

# What migrations write and no test changes.
FIXED = {"django_migrations", "django_content_type", "auth_permission"}


@dataclass(frozen=True)
class Snapshot:
    """tables: the rows of each, as the database gives them. store: a copy of the folder."""

    tables: dict[str, Any]
    store: Path

    @classmethod
    def taken(cls, store: Path, into: Path) -> "Snapshot":
        """What there is now, also what the open transaction alone can see."""
        shutil.copytree(store, into)
        with connection.cursor() as cursor:
            return cls({table: _read(cursor, table) for table in _tables()}, into)

    def put_back(self, store: Path) -> None:
        """Make the database and the store what they were, whatever they hold now."""
        shutil.copytree(self.store, store, dirs_exist_ok=True)
        # Foreign keys are deferred to the end of a transaction, so the order of the tables does not matter.
        with transaction.atomic(), connection.cursor() as cursor:
            for table in self.tables:
                cursor.execute(f'DELETE FROM "{table}"')
            for table, rows in self.tables.items():
                _write(cursor, table, rows)
            for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
                cursor.execute(statement)


def _tables() -> list[str]:
    return sorted(set(connection.introspection.django_table_names(only_existing=True)) - FIXED)


def _read(cursor: Any, table: str) -> Any:
    if connection.vendor == "postgresql":
        with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
            return b"".join(copy)
    # Past Django's cursor, whose converters belong to fields.
    return cursor.connection.execute(f'SELECT * FROM "{table}"').fetchall()


def _write(cursor: Any, table: str, rows: Any) -> None:
    if not rows:
        return
    if connection.vendor == "postgresql":
        with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
            copy.write(rows)
        return
    places = ", ".join("?" * len(rows[0]))
    cursor.connection.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)
