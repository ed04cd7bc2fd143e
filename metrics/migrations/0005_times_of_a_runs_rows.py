from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """The runs that are there have the times of their data set: those of the first file with these ids and labels."""
    runs, data = (apps.get_model("metrics", name) for name in ("EvaluationRun", "DataSet"))
    own = data.objects.filter(pk=OuterRef("data_set"))
    runs.objects.exclude(data_set=None).update(
        first_event=Subquery(own.values("first_event")[:1]), last_event=Subquery(own.values("last_event")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("metrics", "0004_partial_months_and_parts_of_ratios")]

    operations = [
        migrations.AddField(
            model_name="evaluationrun",
            name="first_event",
            field=models.DateTimeField(
                blank=True,
                help_text="of its rows: another file with the same ids and labels may have other times",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="evaluationrun", name="last_event", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
