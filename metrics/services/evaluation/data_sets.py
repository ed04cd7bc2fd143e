"""Data sets logged for themselves: rows to train on, to evaluate on, to compare with, or from production."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from metrics import access
from metrics.models.evaluation import DataSet
from metrics.models.product import Product, User
from metrics.services.evaluation.rows import File, Stored, data_set, stored, task
from metrics.services.writing import audit
from metrics.services.writing.refusal import invalid


def receive(actor: User, product: Product, *, manifest: Mapping[str, Any], file: File | None) -> Stored:
    """Check the rows of a data set and store them. Raises Invalid or TooLarge, and leaves nothing behind."""
    access.require(actor, "dataset.create", product)
    if not str(manifest.get("name") or "").strip():
        raise invalid("name", "is needed", code="required", remedy="name the data set, such as bookings-2016")
    if str(manifest.get("role") or "evaluation") not in DataSet.Role.values:
        raise invalid("role", "is no role of a data set", remedy="one of " + ", ".join(DataSet.Role.values))
    if file is None:
        raise invalid("file", "is needed", code="required", remedy="send the rows as CSV or Parquet")
    return stored(product, manifest, file, kind="dataset")


@transaction.atomic
def seal(actor: User, product: Product, *, manifest: Mapping[str, Any], rows: Stored) -> tuple[DataSet, bool]:
    """Write a received data set; the same rows under the same name are the version there is: (data set, is it new)."""
    name = str(manifest["name"]).strip()[:120]
    role = str(manifest.get("role") or "evaluation")
    found, new = data_set(product, name, rows, task=task(manifest), role=role, actor=actor)
    if new:
        audit.record(actor, "dataset.create", str(found), product=product, dataset=found.pk, rows=found.n_rows)
    return found, new


def log_data_set(actor: User, product: Product, *, manifest: Mapping[str, Any], file: File | None) -> DataSet:
    """Receive and seal a data set."""
    return seal(actor, product, manifest=manifest, rows=receive(actor, product, manifest=manifest, file=file))[0]
