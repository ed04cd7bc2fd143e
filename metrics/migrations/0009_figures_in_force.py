"""What was in force, and since when, is kept for each KPI and for the total; a total's past is that of its changes.

Of a KPI the past begins with the figure that is in force when it is next computed.
"""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import metrics.models.row


def totals(apps, schema_editor):
    Change, InForce, Result = (apps.get_model("metrics", name) for name in ("Change", "InForce", "RevenueResult"))
    stored = set(Result.objects.filter(period=None).values_list("digest", flat=True))
    for product in apps.get_model("metrics", "Product").objects.all():
        held = ""
        for change in Change.objects.filter(product=product).exclude(after="").order_by("created_at"):
            if change.after == held or (change.after not in stored and change.after != "none"):
                continue
            held = change.after
            said = {"reason": "nothing could be projected"} if held == "none" else {"digest": held}
            InForce.objects.create(product=product, created_at=change.created_at, **said)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0008_runs_of_champions")]
    operations = [
        migrations.CreateModel(
            name="InForce",
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
                ("digest", models.CharField(blank=True, max_length=64)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "kpi",
                    models.ForeignKey(
                        blank=True,
                        help_text="empty: the product's projected total",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="metrics.kpi",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="metrics.product"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "indexes": [models.Index(fields=["product", "kpi", "-created_at"], name="in_force_at_a_moment")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("digest", ""), ("reason__gt", "")),
                            models.Q(models.Q(("digest", ""), _negated=True), ("reason", "")),
                            _connector="OR",
                        ),
                        name="in_force_digest_or_reason",
                    )
                ],
            },
        ),
        migrations.RunPython(totals, migrations.RunPython.noop),
    ]
