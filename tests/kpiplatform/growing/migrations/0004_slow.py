"""What must not land: it keeps the table for longer than anybody should wait."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("growing", "0003_by_worth")]
    operations = [
        migrations.RunSQL("LOCK TABLE growing_thing; SELECT pg_sleep(2.4)", migrations.RunSQL.noop),
    ]
