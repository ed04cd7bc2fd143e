"""Naming the champion: the version that others are compared with, and that the projection stands on."""

from __future__ import annotations

from django.db import transaction

from metrics import access
from metrics.models.evaluation import Model, ModelVersion
from metrics.models.product import User
from metrics.models.work import Change
from metrics.services.writing import audit
from metrics.services.writing.change import changed


@transaction.atomic
def promote(actor: User, version: ModelVersion) -> ModelVersion:
    """Make a version the one champion of its model; the one before becomes a candidate again."""
    product = version.model.product
    access.require(actor, "version.promote", product)
    # Writing the model's row first makes two promotions at once take turns.
    Model.objects.filter(pk=version.model_id).update(name=version.model.name)
    champions = ModelVersion.objects.filter(model=version.model, state=ModelVersion.State.CHAMPION)
    champions.exclude(pk=version.pk).update(state=ModelVersion.State.CANDIDATE)
    version.state = ModelVersion.State.CHAMPION
    version.save(update_fields=["state"])
    changed(actor, product, Change.Cause.MODEL, f"{version.model.name}: {version.name} is champion")
    audit.record(actor, "version.promote", version.name, product=product)
    return version
