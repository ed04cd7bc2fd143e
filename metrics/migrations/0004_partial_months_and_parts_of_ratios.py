"""Actuals say whether they are of a whole month, and ratios keep what they are made of.

A value that was known before its month was over, in the product's time zone, was stored as that of a whole month: it
is marked, and counts again once it is entered again. Months that had not come were stored too; they are marked alike.
"""

from zoneinfo import ZoneInfo

from django.db import migrations, models
from django.db.models import Q


def mark(apps, schema_editor):
    actuals = apps.get_model("metrics", "Actual").objects.using(schema_editor.connection.alias)
    rows = actuals.values_list("pk", "period", "known_at", "kpi__product__time_zone")
    partial = [
        key
        for key, period, known_at, zone in rows.iterator()
        if period >= known_at.astimezone(ZoneInfo(zone)).date().replace(day=1)
    ]
    for start in range(0, len(partial), 500):
        actuals.filter(pk__in=partial[start : start + 500]).update(partial=True)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0003_search_by_trigrams")]
    operations = [
        migrations.AddField("actual", "partial", models.BooleanField(default=False)),
        migrations.AddField("actual", "numerator", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
        migrations.AddField("actual", "denominator", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
        migrations.AlterField("actual", "value", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
        migrations.AddConstraint(
            "actual",
            models.CheckConstraint(
                name="a_value_or_both_parts",
                condition=Q(value__isnull=False, numerator=None, denominator=None)
                | Q(value=None, numerator__isnull=False, denominator__isnull=False),
            ),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
