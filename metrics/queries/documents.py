"""The documents that should exist now: what is known, written down so that its digest names the figure made from it.

A result is current when its digest is the one made here from the state of today. Nothing marks results as old.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from metrics.core.documents import digest
from metrics.core.evaluation.tasks import TASKS
from metrics.core.replay import ENGINE, Document
from metrics.models.calibration import Pair
from metrics.models.evaluation import EvaluationRun, Metric, ModelVersion
from metrics.models.kpi import KPI, Actual, AssumptionVersion, MappingVersion
from metrics.models.product import Product
from metrics.models.revenue import Correction
from metrics.queries import calibration

NO_APPROVED = "no approved mapping"
NO_CHAMPION = "no champion with a scored run"
HISTORY = 240  # months of volume at most in a document


class Book(dict[str, Document]):
    """Documents by digest, each added after those that it names."""

    def __init__(self) -> None:
        super().__init__()
        self._custom: dict[str, dict[str, Metric]] = {}

    def add(self, document: Document) -> str:
        name = digest(document)
        self[name] = document
        return name

    def custom(self, product_id: str) -> dict[str, Metric]:
        """Key → metric that the product defines by a formula; read once."""
        if product_id not in self._custom:
            rows = Metric.objects.filter(product=product_id, kind=Metric.Kind.CUSTOM)
            self._custom[product_id] = {metric.key: metric for metric in rows}
        return self._custom[product_id]


class Known:
    """What a product knows now (or knew at `at`), read once for all the documents made from it."""

    def __init__(self, product: Product, *, at: datetime | None = None) -> None:
        self.product = product
        self.at = at
        self._actuals: dict[str, list[tuple[str, float]]] = {}

    @cached_property
    def assumptions(self) -> dict[str, AssumptionVersion]:
        """Key → newest version."""
        rows = AssumptionVersion.objects.filter(assumption__product=self.product).select_related("assumption")
        if self.at:
            rows = rows.filter(created_at__lte=self.at)
        return {row.assumption.key: row for row in rows.order_by("number")}

    @cached_property
    def approved(self) -> dict[str, MappingVersion]:
        """KPI key → the mapping version in force."""
        rows = MappingVersion.objects.filter(mapping__product=self.product, state=MappingVersion.State.APPROVED)
        return {row.mapping.kpi.key: row for row in rows.select_related("mapping__kpi")}

    @cached_property
    def kpis(self) -> dict[str, KPI]:
        return {kpi.key: kpi for kpi in KPI.objects.filter(product=self.product)}

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        rows = Metric.objects.filter(product=None) | Metric.objects.filter(product=self.product)
        return {metric.key: metric for metric in rows}

    @cached_property
    def pairs(self) -> dict[calibration.Key, list[Pair]]:
        """(KPI, metric, kind) → the pairs that a calibrated mapping is fitted on."""
        return calibration.known_pairs(self.product, at=self.at)

    @cached_property
    def runs(self) -> list[EvaluationRun]:
        """Scored runs, newest first."""
        rows = EvaluationRun.objects.filter(product=self.product, state=EvaluationRun.State.SCORED)
        found = list(rows.select_related("version__model", "data_set"))
        for run in found:
            run.product = self.product
        return found

    @cached_property
    def corrections(self) -> dict[str, Correction]:
        """Mapping version → the correction of projections under it."""
        rows = Correction.objects.filter(product=self.product)
        return {row.version_id: row for row in (rows.filter(created_at__lte=self.at) if self.at else rows)}

    @cached_property
    def champion(self) -> EvaluationRun | None:
        """The newest scored run of a champion."""
        rows = EvaluationRun.objects.filter(
            product=self.product, state=EvaluationRun.State.SCORED, version__state=ModelVersion.State.CHAMPION
        )
        found = rows.select_related("version__model", "data_set").order_by("-created_at", "-pk").first()
        if found is not None:
            found.product = self.product
        return found

    def actuals(self, kpi: KPI) -> list[tuple[str, float]]:
        """(month, value) ascending, each month as known last."""
        if kpi.pk not in self._actuals:
            self._actuals[kpi.pk] = self._read_actuals(kpi)
        return self._actuals[kpi.pk]

    def _read_actuals(self, kpi: KPI) -> list[tuple[str, float]]:
        rows = Actual.objects.filter(kpi=kpi, withdrawn_at=None)
        if self.at:
            rows = rows.filter(known_at__lte=self.at)
        newest: dict[str, float] = {}
        for period, value in rows.order_by("known_at", "created_at").values_list("period", "value"):
            newest[f"{period:%Y-%m}"] = float(value)
        return sorted(newest.items())[-HISTORY:]


def metric_keys(book: Book, run: EvaluationRun) -> list[str]:
    """The metrics that a run has: all of its task and of its product's formulas when it has rows, and the reported."""
    if not run.rows:
        return sorted(run.reported)
    custom = book.custom(run.product_id)
    formulas = [key for key, one in sorted(custom.items()) if one.task == run.task and one.retired_at is None]
    return list(dict.fromkeys([*TASKS[run.task].definitions, *formulas, *sorted(run.reported)]))


def cube(book: Book, run: EvaluationRun) -> str:
    return book.add(
        {
            "kind": "cube",
            "task": run.task,
            "rows": run.rows,
            "time_zone": run.product.time_zone,
            "engine": ENGINE,
        }
    )


def metric(book: Book, run: EvaluationRun, key: str) -> str:
    """The document of one metric of a run: given by the run, or a function of its rows."""
    document: dict[str, Any] = {"kind": "metric", "metric": key, "run": run.pk}
    if key in run.reported:
        given = run.reported[key]
        return book.add(
            document
            | {
                "kind": "reported",
                "value": given["value"],
                "standard_error": given.get("standard_error"),
                "unit": given.get("unit", ""),
                "seed": run.product.seed,
                "engine": ENGINE,
            }
        )
    if not run.rows:
        return book.add(document | {"unknown": "the run reported no such metric"})
    document |= {"seed": run.product.seed, "engine": ENGINE}
    if key in TASKS[run.task].definitions:
        noise = _label_noise(book, run)
        return book.add(document | {"task": run.task, "cube": cube(book, run)} | ({"noise": noise} if noise else {}))
    defined = book.custom(run.product_id).get(key)
    if defined is None or defined.task != run.task:
        return book.add(document | {"unknown": f"a {run.get_task_display()} has no such metric"})
    sums = {
        "kind": "sums",
        "formula": defined.formula,
        "columns": defined.columns,
        "rows": run.rows,
        "time_zone": run.product.time_zone,
        "engine": ENGINE,
    }
    formula = {"formula": defined.formula, "columns": defined.columns, "unit": defined.unit}
    return book.add(document | formula | {"sums": book.add(sums)})


def _label_noise(book: Book, run: EvaluationRun) -> str:
    """The document of what disputed labels add to the metrics, or "" where no labelers voted."""
    if run.data_set is None or not run.data_set.votes:
        return ""
    return book.add(
        {
            "kind": "label_noise",
            "task": run.task,
            "rows": run.rows,
            "votes": run.data_set.votes,
            "seed": run.product.seed,
            "engine": ENGINE,
        }
    )


def manifest(run: EvaluationRun) -> dict[str, Any]:
    """The manifest of a run with what the platform knows itself: the digest of the rows, and how they were chosen."""
    known = {"data_digest": run.data_set.digest} if run.data_set else {}
    split = {"split": run.manifest["where"]} if run.manifest.get("where") else {}
    return {**split, **run.manifest, **known}


def evidence(run: EvaluationRun) -> Document | None:
    """What the checks of a run are made from; None where it has no rows to be checked."""
    if not run.rows:
        return None
    reference = {"name": "the reference rows of its file", "rows": run.reference_rows} if run.reference_rows else None
    if run.reference is not None and run.reference.rows:
        reference = {"name": str(run.reference), "rows": run.reference.rows}
    training = {"name": str(run.training), "rows": run.training.rows} if run.training and run.training.rows else None
    return {
        "kind": "evidence",
        "task": run.task,
        "rows": run.rows,
        "reference": reference,
        "training": training,
        "votes": run.data_set.votes if run.data_set else "",
        "manifest": manifest(run),
        "warnings": run.warnings,
        "time_zone": run.product.time_zone,
        "seed": run.product.seed,
        "engine": ENGINE,
    }


def assumption(version: AssumptionVersion) -> dict[str, Any]:
    return {
        "id": version.assumption.key,
        "unit": version.assumption.unit,
        "distribution": version.distribution,
        "version": version.number,
    }
