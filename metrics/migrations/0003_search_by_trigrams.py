"""An index for the search of the runs table: words anywhere in a text, on PostgreSQL by its extension pg_trgm.

The extension comes with PostgreSQL and an owner of a database may add it. Where it cannot be had the search is as right
and reads every run instead.
"""

import logging

from django.db import DatabaseError, migrations, transaction

log = logging.getLogger(__name__)


def write(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            schema_editor.execute(
                "CREATE INDEX runs_by_a_text ON metrics_evaluationrun USING gin (search gin_trgm_ops)"
            )
    except DatabaseError as error:
        log.warning("no index for the search of runs: %s", error)


def undo(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS runs_by_a_text")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0002_append_only_audit")]
    operations = [migrations.RunPython(write, undo)]
