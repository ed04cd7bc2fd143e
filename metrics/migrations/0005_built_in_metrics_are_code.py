"""Tasks and built-in metrics are told by the code: the table keeps what products registered themselves."""

import django.db.models.deletion
from django.db import migrations, models

import metrics.models.evaluation


def leave_out(apps, schema_editor):
    apps.get_model("metrics", "Metric").objects.filter(product=None).delete()


class Migration(migrations.Migration):
    dependencies = [("metrics", "0004_search_by_trigrams")]
    operations = [
        migrations.RunPython(leave_out, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="metric", name="one_built_in_a_key_and_task"),
        migrations.AlterField(
            model_name="metric",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="metrics", to="metrics.product"
            ),
        ),
        migrations.AlterField(
            model_name="metric",
            name="kind",
            field=models.CharField(
                choices=[("custom", "by a formula over the rows"), ("reported", "reported by the run")],
                default="reported",
                max_length=10,
            ),
        ),
        *(
            migrations.AlterField(
                model_name=name,
                name="task",
                field=models.CharField(choices=metrics.models.evaluation.tasks, default="binary", max_length=20),
            )
            for name in ("dataset", "evaluationrun", "metric", "model")
        ),
    ]
