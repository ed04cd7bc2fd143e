"""Models get a key for formulas, and every mapping version the model whose champion it was read from.

A product's mappings were read from the newest run of any champion; where there is none, they are of the model that was
made first. What was signed named no model, since there was but one to speak of: the digest of each version and of the
signatures on it are made again with the model in them.
"""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


def name_models(apps, schema_editor):
    from metrics.services.writing.names import model_key

    Model = apps.get_model("metrics", "Model")
    taken = {}
    for row in Model.objects.order_by("created_at", "pk"):
        keys = taken.setdefault(row.product_id, set())
        row.key = model_key(row.name, keys)
        keys.add(row.key)
        row.save(update_fields=["key"])


def name_the_models_of_mappings(apps, schema_editor):
    from metrics.core.documents import digest

    Model, Run, Version = (
        apps.get_model("metrics", name) for name in ("Model", "EvaluationRun", "MappingVersion")
    )
    for product in apps.get_model("metrics", "Product").objects.all():
        models_there = Model.objects.filter(product=product).order_by("created_at", "pk")
        read = Run.objects.filter(product=product, state="scored", version__state="champion").order_by("-created_at")
        run = read.select_related("version__model").first()
        model = run.version.model if run is not None else models_there.first()
        for version in Version.objects.filter(mapping__product=product).select_related("mapping__kpi"):
            kpi = version.mapping.kpi
            text = {"definition": version.definition, "model": model.key if model else None}
            signed = digest({**text, "kpi": kpi.key, "unit": kpi.unit, "currency": product.currency})
            version.signatures.filter(digest=version.digest).update(digest=signed)
            version.model, version.digest = model, signed
            version.save(update_fields=["model", "digest"])


class Migration(migrations.Migration):
    dependencies = [("metrics", "0005_times_of_a_runs_rows")]
    operations = [
        migrations.AddField(
            "model",
            "key",
            models.CharField(
                default="",
                max_length=60,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z][a-z0-9_]{0,59}$",
                        "a key starts with a small letter and has small letters, digits and _ only, at most 60",
                    )
                ],
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "mappingversion",
            "model",
            models.ForeignKey(
                blank=True,
                help_text=(
                    "the one whose champion it is read from; empty where its text names the models, or reads none"
                ),
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="metrics.model",
            ),
        ),
        migrations.RunPython(name_models, migrations.RunPython.noop),
        migrations.RunPython(name_the_models_of_mappings, migrations.RunPython.noop),
    ]
