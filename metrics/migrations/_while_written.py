"""Operations of migrations that let everybody go on reading and writing."""

from django.db import migrations


class AddIndex(migrations.AddIndex):
    """An index that PostgreSQL builds while its table is written to; its migration says `atomic = False`.

    Inside a transaction, where a backup is put back into tables that nobody else sees, and on SQLite, it is built at
    once. What an attempt that was cut short left invalid is built anew.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        connection = schema_editor.connection
        if connection.vendor != "postgresql" or connection.in_atomic_block:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(connection.alias, model):
            with connection.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                (timeout,) = cursor.fetchone()
                cursor.execute("SET lock_timeout = 0")  # it waits for transactions to end, and nobody waits for it
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {connection.ops.quote_name(self.index.name)}")
                schema_editor.add_index(model, self.index, concurrently=True)
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [timeout])

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        connection = schema_editor.connection
        if connection.vendor != "postgresql" or connection.in_atomic_block:
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(connection.alias, model):
            schema_editor.remove_index(model, self.index, concurrently=True)
