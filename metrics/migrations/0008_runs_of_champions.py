"""Which run a champion stands on is kept, with who chose it and when.

A champion that there is stands on the run that it was read from until now, the newest that is scored, since the audit
says that its version was promoted.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import metrics.models.row


def choose(apps, schema_editor):
    Version, Run, Entry, Chosen = (
        apps.get_model("metrics", name) for name in ("ModelVersion", "EvaluationRun", "AuditEntry", "ChampionRun")
    )
    for version in Version.objects.filter(state="champion").select_related("model__product"):
        run = Run.objects.filter(version=version, state="scored").order_by("-created_at", "-pk").first()
        if run is None:
            continue
        said = Entry.objects.filter(
            product=version.model.product.slug, action="version.promote", subject=version.name[:120]
        )
        last = said.order_by("-created_at").first()
        since = last.created_at if last is not None else version.created_at
        Chosen.objects.create(version=version, run=run, act="promoted", created_at=since)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0007_one_model_a_key"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddIndex(
            "evaluationrun", models.Index(fields=["version", "-created_at", "-id"], name="runs_of_a_version")
        ),
        migrations.CreateModel(
            name="ChampionRun",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=metrics.models.row.new_id,
                        editable=False,
                        max_length=12,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "act",
                    models.CharField(choices=[("promoted", "promoted"), ("accepted", "accepted")], max_length=8),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="metrics.evaluationrun"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="champion_runs",
                        to="metrics.modelversion",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "indexes": [models.Index(fields=["version", "-created_at"], name="champions_newest_first")],
            },
        ),
        migrations.RunPython(choose, migrations.RunPython.noop),
    ]
