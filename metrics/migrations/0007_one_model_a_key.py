"""No two models of a product have one key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metrics", "0006_models_of_mappings")]
    operations = [
        migrations.AddConstraint(
            "model", models.UniqueConstraint(fields=["product", "key"], name="one_model_a_key")
        ),
    ]
