"""The database itself refuses to change or delete what the audit holds: its entries, and the links of their chain."""

from django.db import migrations

# Table → when a row that is put in would take the place of another: INSERT OR REPLACE of SQLite deletes without firing
# the trigger of DELETE.
TABLES = {
    "metrics_auditentry": "id = NEW.id",
    "metrics_auditlink": "number = NEW.number OR entry = NEW.entry",
}


def sqlite(table, same):
    for verb in ("update", "delete"):
        yield f"""CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table}
            BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"""
    yield f"""CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
        WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"""


def postgresql(table, same):
    yield f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()"""
    yield f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"""


def write(apps, schema_editor):
    on_sqlite = schema_editor.connection.vendor == "sqlite"
    if not on_sqlite:
        schema_editor.execute(
            """CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"""
        )
    for table, same in TABLES.items():
        for statement in (sqlite if on_sqlite else postgresql)(table, same):
            schema_editor.execute(statement)


def undo(apps, schema_editor):
    on_sqlite = schema_editor.connection.vendor == "sqlite"
    for table in TABLES:
        for name in ("no_update", "no_delete", "no_replace") if on_sqlite else ("append_only", "no_truncate"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}" + ("" if on_sqlite else f" ON {table}"))
    if not on_sqlite:
        schema_editor.execute("DROP FUNCTION audit_is_append_only()")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_tables")]
    operations = [migrations.RunPython(write, undo)]
