"""All rows of the database as parts of a backup, and back: its own file on SQLite, a table a part on PostgreSQL.

PostgreSQL's tables are made by the migrations that were applied when the backup was made, and filled by COPY, so that
neither its own programs nor equal versions of it are needed.
"""

from __future__ import annotations

import sqlite3
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from kpiplatform.archive import CHUNK, Writer, part

FILE = "database.sqlite3"
FIXED = {"django_migrations", "django_content_type", "auth_permission"}  # what migrating fills by itself
# What there is of ours, but for what belongs to an extension: (kind, name) each.
OURS = """
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, quote_ident(relname) FROM pg_class c
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'FUNCTION', p.oid::regprocedure::text FROM pg_proc p
    WHERE pronamespace = current_schema()::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


def models() -> list[Any]:
    """Every table's model, with those of many-to-many relations and of the migrations."""
    ours = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return sorted([*ours, MigrationRecorder.Migration], key=lambda model: str(model._meta.db_table))


def empty() -> bool:
    """Whether nobody has written anything here yet."""
    there = set(connection.introspection.table_names())
    rows = (model for model in models() if model._meta.db_table in there - FIXED)
    return not any(model._base_manager.exists() for model in rows)


@contextmanager
def snapshot() -> Iterator[None]:
    """What is read within is the database of one moment, while others go on writing."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")  # Django's own would be IMMEDIATE, and writers would wait
        try:
            cursor.execute("SELECT 1 FROM django_migrations")
            yield
        finally:
            cursor.execute("ROLLBACK")


def write(archive: Writer) -> dict[str, list[str]]:
    """The rows of the snapshot; give the columns of each table that is a part."""
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            place = Path(folder) / FILE
            copy = sqlite3.connect(place)
            connection.connection.backup(copy)
            copy.close()
            with place.open("rb") as file:
                archive.add(FILE, file)
            return {}
        return {model._meta.db_table: _copy_out(archive, model, Path(folder) / "rows") for model in models()}


def _copy_out(archive: Writer, model: Any, place: Path) -> list[str]:
    table, key = (connection.ops.quote_name(name) for name in (model._meta.db_table, model._meta.pk.column))
    with place.open("wb+") as file:
        with connection.cursor() as cursor:
            columns = [one.name for one in connection.introspection.get_table_description(cursor, model._meta.db_table)]
            listed = ", ".join(map(connection.ops.quote_name, columns))
            query = f"COPY (SELECT {listed} FROM {table} ORDER BY {key}) TO STDOUT"  # noqa: S608 - names of our own
            with cursor.copy(query) as rows:
                for content in rows:
                    file.write(content)
        file.seek(0)
        archive.add(f"tables/{model._meta.db_table}", file)
    return columns


def put_back(archive: tarfile.TarFile, about: dict[str, Any]) -> None:
    """Make the database what the backup holds, whole or not at all; who reads meanwhile sees the one or the other."""
    if connection.vendor == "sqlite":
        _put_file_back(part(archive, FILE))
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            _put_tables_back(cursor, archive, about)
    connection.close()  # and with it all that is prepared on tables that were


def _put_file_back(held: IO[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / FILE
        with place.open("wb") as file:
            while content := held.read(CHUNK):
                file.write(content)
        source = sqlite3.connect(place)
        connection.ensure_connection()
        source.backup(connection.connection)
        source.close()


def _put_tables_back(cursor: Any, archive: tarfile.TarFile, about: dict[str, Any]) -> None:
    with made_anew(cursor, {(app, name) for app, name in about["migrations"]}):
        for table, columns in about["columns"].items():
            held = part(archive, f"tables/{table}")
            with copy_in(cursor, table, columns) as rows:
                while content := held.read(CHUNK):
                    rows.write(content)


@contextmanager
def made_anew(cursor: Any, applied: set[tuple[str, str]]) -> Iterator[None]:
    """PostgreSQL's tables as these migrations make them, in place of what there is; within, filled in any order."""
    cursor.execute(OURS)
    for kind, name in cursor.fetchall():
        cursor.execute(f"DROP {kind} IF EXISTS {name} CASCADE")
    executor = MigrationExecutor(connection)
    nodes = executor.loader.graph.node_map
    executor.migrate([key for key in sorted(applied) if applied.isdisjoint(child.key for child in nodes[key].children)])
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # to the end, whatever the order of tables
    for table in FIXED:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of our own
    yield
    for statement in connection.ops.sequence_reset_sql(no_style(), models()):
        cursor.execute(statement)


def copy_in(cursor: Any, table: str, columns: Iterable[str]) -> Any:
    """psycopg's COPY into these columns of a table."""
    listed = ", ".join(map(connection.ops.quote_name, columns))
    return cursor.copy(f"COPY {connection.ops.quote_name(table)} ({listed}) FROM STDIN")
