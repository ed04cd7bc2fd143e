"""Write the built-in metrics, as the code defines them now."""

from django.db import migrations

from metrics.core.evaluation.definitions import DEFINITIONS


def write(apps, schema_editor):
    metric = apps.get_model("metrics", "Metric")
    for definition in DEFINITIONS.values():
        metric.objects.update_or_create(
            product=None,
            key=definition.key,
            defaults={
                "name": definition.name,
                "task": definition.task,
                "direction": definition.direction,
                "unit": definition.unit,
                "kind": "built_in",
                "formula": definition.formula,
                "source": definition.source,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_tables")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
