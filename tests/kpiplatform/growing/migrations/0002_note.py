from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("growing", "0001_tables")]
    operations = [
        migrations.AddField("Thing", "note", models.TextField(blank=True, default="", db_default="")),
    ]
