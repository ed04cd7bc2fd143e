"""Write the built-in metrics, as the code defines them now."""

from django.db import migrations

from metrics.core.evaluation.metrics.tasks import TASKS


def write(apps, schema_editor):
    metric = apps.get_model("metrics", "Metric")
    for task, definition in ((task, one) for task in TASKS.values() for one in task.definitions.values()):
        metric.objects.update_or_create(
            product=None,
            key=definition.key,
            task=task.name,
            defaults={
                "name": definition.name,
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
