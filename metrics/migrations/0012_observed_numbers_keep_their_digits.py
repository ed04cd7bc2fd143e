"""Actuals and targets keep up to 20 decimals: a rate of 0.00034 is stored as it is given."""

from django.db import migrations, models

NUMBER = {"max_digits": 36, "decimal_places": 20}


class Migration(migrations.Migration):
    dependencies = [("metrics", "0011_why_there_is_no_band")]
    operations = [
        *(
            migrations.AlterField("actual", name, models.DecimalField(null=True, **NUMBER))
            for name in ("value", "numerator", "denominator")
        ),
        migrations.AlterField("target", "value", models.DecimalField(**NUMBER)),
    ]
