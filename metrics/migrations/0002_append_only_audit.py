"""The database itself refuses to change or delete what the audit holds."""

from django.db import migrations

TABLE = "metrics_auditentry"

SQLITE = [
    f"""CREATE TRIGGER audit_no_{verb} BEFORE {verb.upper()} ON {TABLE}
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"""
    for verb in ("update", "delete")
] + [
    # INSERT OR REPLACE deletes without firing the trigger of DELETE.
    f"""CREATE TRIGGER audit_no_replace BEFORE INSERT ON {TABLE}
        WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$""",
    f"""CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()""",
    f"""CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()""",
]
UNDO = {
    "sqlite": [f"DROP TRIGGER IF EXISTS audit_no_{verb}" for verb in ("update", "delete", "replace")],
    "postgresql": [
        f"DROP TRIGGER audit_append_only ON {TABLE}",
        f"DROP TRIGGER audit_no_truncate ON {TABLE}",
        "DROP FUNCTION audit_is_append_only()",
    ],
}


def write(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def undo(apps, schema_editor):
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_tables")]
    operations = [migrations.RunPython(write, undo)]
