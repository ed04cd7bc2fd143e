from django.db import migrations, models

from metrics.migrations._while_written import AddIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("growing", "0002_note")]
    operations = [AddIndex("Thing", models.Index(fields=["worth"], name="things_by_worth"))]
