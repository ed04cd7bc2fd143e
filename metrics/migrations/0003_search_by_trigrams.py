"""Indexes for words anywhere in a text, on PostgreSQL by its extension pg_trgm: of the runs table, of runs by name.

The extension comes with PostgreSQL and an owner of a database may add it. Where it cannot be had the search is as right
and reads every run instead.
"""

import logging

from django.db import DatabaseError, migrations, transaction

log = logging.getLogger(__name__)
INDEXES = {
    "runs_by_a_text": "metrics_evaluationrun USING gin (search gin_trgm_ops)",
    "runs_by_a_name": "metrics_evaluationrun USING gin (upper(name) gin_trgm_ops)",
    "versions_by_a_name": "metrics_modelversion USING gin (upper(name) gin_trgm_ops)",
}


def write(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            for name, on in INDEXES.items():
                schema_editor.execute(f"CREATE INDEX {name} ON {on}")
    except DatabaseError as error:
        log.warning("no index for the search of runs: %s", error)


def undo(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0002_append_only_audit")]
    operations = [migrations.RunPython(write, undo)]
