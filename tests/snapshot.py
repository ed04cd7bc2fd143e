"""All rows and all files of a test at one moment, to be put back in a later test of the same process.

Building a complete chain takes seconds, and most tests that start from it only read it.
"""

from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

# What migrations write and no test changes.
FIXED = {"django_migrations", "django_content_type", "auth_permission"}


@dataclass
class Snapshot:
    """tables: rows of each, as the database gives them. beneath: the transaction of `lie`, while it is open, and the
    connection that it is on: Django has another one in a process while a browser's loop runs there.
    """

    tables: dict[str, Any]
    beneath: tuple[transaction.Atomic, BaseDatabaseWrapper] | None = None

    @classmethod
    def taken(cls) -> "Snapshot":
        """What there is now, also what the open transaction alone can see."""
        with connection.cursor() as cursor:
            return cls({table: _read(cursor, table) for table in _tables()})

    def put_back(self) -> None:
        """Make the tables what they were, whatever they hold now; their sequences go on, past every id of before."""
        # Foreign keys are deferred to the end of a transaction, so the order of the tables does not matter.
        with transaction.atomic(), connection.cursor() as cursor:
            for table in self.tables:
                cursor.execute(f'DELETE FROM "{table}"')
            for table, rows in self.tables.items():
                _write(cursor, table, rows)

    def lie(self) -> None:
        """Put it back once for all tests that follow: in a transaction of which each of theirs is a part."""
        if self.beneath is not None and not (connection.needs_rollback or connection.closed_in_transaction):
            return
        self.lift()
        atomic = transaction.atomic()
        atomic.__enter__()
        self.beneath = atomic, connections[DEFAULT_DB_ALIAS]
        self.put_back()
        connection.check_constraints()  # now, or every test would do it at its end

    def lift(self) -> None:
        """Take that transaction back, and with it all that `lie` wrote."""
        if self.beneath is not None:
            (atomic, its), now = self.beneath, connections[DEFAULT_DB_ALIAS]
            connections[DEFAULT_DB_ALIAS] = its
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)
            connections[DEFAULT_DB_ALIAS] = now
            self.beneath = None


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
