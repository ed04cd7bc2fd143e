"""The documents that should exist now: what is known, written down so that its digest names the figure made from it.

A result is current when its digest is the one made here from the state of today. Nothing marks results as old.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from metrics.core import replay
from metrics.core.documents import digest
from metrics.core.evaluation.tasks import TASKS
from metrics.core.formula import EvaluationError, FormulaError, aspect, parse
from metrics.core.kpi.decisions import CELLS
from metrics.core.kpi.matrix import MappingError, cells_at
from metrics.core.kpi.summed import SUMMED
from metrics.core.replay import ENGINE, Document
from metrics.core.revenue.projection import later
from metrics.models.calibration import Pair
from metrics.models.evaluation import EvaluationRun, Metric, ModelVersion
from metrics.models.kpi import KPI, Actual, AssumptionVersion, MappingVersion
from metrics.models.product import Product
from metrics.models.revenue import Correction, Projection
from metrics.queries import aspects, calibration

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
        return rows.select_related("product", "version__model", "data_set").order_by("-created_at", "-pk").first()

    def actuals(self, kpi: KPI) -> list[tuple[str, float]]:
        """(month, value) ascending, each month as known last."""
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


def kpi(book: Book, run: EvaluationRun, version: MappingVersion, known: Known) -> str:
    """The document of a KPI of one run under one mapping version."""
    product = known.product
    document: dict[str, Any] = {
        "kind": "kpi",
        "kpi": version.mapping.kpi.key,
        "mapping": version.digest,
        "run": run.pk,
        "definition": version.definition,
        "unit": version.mapping.kpi.unit,
        "currency": product.currency,
        "case": product.case_noun,
        "seed": product.seed,
        "engine": ENGINE,
    }
    try:
        kinds = {"value_matrix": _matrix, "calibrated": _calibrated, **dict.fromkeys(SUMMED, _summed)}
        parts = kinds.get(version.definition["kind"], _formula)
        return book.add(document | parts(book, run, version, known, document))
    except (FormulaError, MappingError, EvaluationError) as error:
        return book.add(document | {"unknown": str(error)[:500]})


def _matrix(
    book: Book, run: EvaluationRun, version: MappingVersion, known: Known, document: Mapping[str, Any]
) -> dict[str, Any]:
    used = {key: assumption(row) for key, row in known.assumptions.items()}
    found = replay.matrix({**document, "assumptions": used})
    used = {key: used[key] for key in sorted(found.names)}
    if not run.rows:
        return {"assumptions": used, "unknown": "the run has no rows to decide upon: only metrics were reported"}
    points = {name: replay.assumption(row, known.product.seed).point for name, row in used.items()}
    cells = cells_at(found, points)
    threshold = dict(found.threshold)
    decisions: dict[str, Any] = {
        "kind": "decisions",
        "rows": run.rows,
        "cells": {name: [float(cells[name].base), float(cells[name].rate), cells[name].column] for name in CELLS},
        "threshold": threshold,
        "time_zone": known.product.time_zone,
        "engine": ENGINE,
    }
    if threshold["kind"] == "best":
        decisions |= {"cube": cube(book, run), "seed": known.product.seed}
    return {"assumptions": used, "decisions": book.add(decisions)}


def _summed(
    book: Book, run: EvaluationRun, version: MappingVersion, known: Known, document: Mapping[str, Any]
) -> dict[str, Any]:
    used = {key: assumption(row) for key, row in known.assumptions.items()}
    names = replay.summed({**document, "assumptions": used}).names
    used = {key: used[key] for key in sorted(names)}
    if not run.rows:
        return {"assumptions": used, "unknown": "the run has no rows: only metrics were reported"}
    if run.task == "binary":
        return {"assumptions": used, "unknown": "this mapping is for another task: a run with two outcomes has none"}
    return {"assumptions": used, "cube": cube(book, run)}


def _formula(
    book: Book, run: EvaluationRun, version: MappingVersion, known: Known, document: Mapping[str, Any]
) -> dict[str, Any]:
    units = (
        {key: row.unit for key, row in known.metrics.items()}
        | {key: row.assumption.unit for key, row in known.assumptions.items()}
        | {key: row.unit for key, row in known.kpis.items() if key != version.mapping.kpi.key}
    )
    operands: dict[str, Any] = {}
    for name in sorted(parse(version.definition["text"], units, aspects.measured(known.metrics)).names):
        if (part := aspect(name)) is not None:
            asked = aspects.operand(run, part, cube=cube(book, run) if run.rows else "")
            operands[name] = asked | {"unit": units[part.metric]}
            continue
        if name in known.assumptions:
            operand: dict[str, Any] = {"assumption": assumption(known.assumptions[name])}
        elif name in known.kpis:
            under = known.approved.get(name)
            operand = {"result": kpi(book, run, under, known)} if under else {"unknown": f"{name}: {NO_APPROVED}"}
        else:
            operand = {"result": metric(book, run, name)}
        operands[name] = operand | {"unit": units[name]}
    # Aspects of metrics are no results of their own: the receipt finds the cube under them by its digest here.
    held = any("metric" in operand for operand in operands.values())
    return {"operands": operands} | ({"cube": cube(book, run)} if held else {})


def _calibrated(
    book: Book, run: EvaluationRun, version: MappingVersion, known: Known, document: Mapping[str, Any]
) -> dict[str, Any]:
    mine, definition = version.mapping.kpi, version.definition
    key = definition["metric"]
    measured = known.metrics.get(key)
    pairs = known.pairs.get((mine.key, key, definition["pairs"]), [])
    operand = {"result": metric(book, run, key), "unit": measured.unit if measured else ""}
    increasing = measured is None or measured.direction == mine.direction
    return {"operands": {key: operand}} | calibration.part(pairs, increasing=increasing)


def revenue(
    book: Book, projection: Projection, known: Known, *, version: MappingVersion | None = None
) -> dict[str, str]:
    """Figure → digest, of the projection ("total" and months) of the champion under the mapping in force, or `version`.

    Empty where there is no mapping in force, or no champion: then there is nothing to be computed.
    """
    mapping = version or known.approved.get(projection.value_kpi.key)
    champion = known.champion
    if mapping is None or champion is None:
        return {}
    volume = known.actuals(projection.volume_kpi)
    growth = known.assumptions.get(projection.growth.key) if projection.growth else None
    document = {
        "kind": "revenue",
        "value": kpi(book, champion, mapping, known),
        "volume": volume,
        "growth": assumption(growth) if growth else None,
        **_terms(projection, known, mapping),
        # the value a case is against its mapping's baseline, whatever the projection was set up with
        "baseline": mapping.definition.get("baseline", projection.baseline),
        "months": projection.months,
        "currency": known.product.currency,
        "seed": known.product.seed,
        "engine": ENGINE,
    }
    last = volume[-1][0] if volume else None
    months = [later(last, step) for step in range(1, projection.months + 1)] if last else []
    return {figure: book.add(document | {"figure": figure}) for figure in ("total", *months)}


def _terms(projection: Projection, known: Known, mapping: MappingVersion) -> dict[str, Any]:
    """The assumptions of the projection that are set, and the correction of the mapping version where one is proven."""
    held = {name: getattr(projection, name) for name in replay.PROJECTED if name != "growth"}
    found: dict[str, Any] = {name: assumption(known.assumptions[one.key]) for name, one in held.items() if one}
    corrected = known.corrections.get(mapping.pk)
    if corrected is not None:
        numbers = {"factor": corrected.factor, "error": corrected.error, "scores": corrected.scores}
        found["correction"] = numbers | {"mapping": mapping.digest}
    return found


def realised(book: Book, projection: Projection, known: Known) -> dict[str, str]:
    """Figure → digest, of what the champion's decisions were worth in the months that rows and actuals cover."""
    mapping = known.approved.get(projection.value_kpi.key)
    champion = known.champion
    if mapping is None or champion is None or mapping.definition["kind"] != "value_matrix" or not champion.data_set:
        return {}
    data = champion.data_set
    if data.first_event is None or data.last_event is None:
        return {}
    first, last = f"{data.first_event:%Y-%m}", f"{data.last_event:%Y-%m}"
    volume = [(month, count) for month, count in known.actuals(projection.volume_kpi) if first <= month <= last]
    document = {
        "kind": "realised",
        "value": kpi(book, champion, mapping, known),
        "volume": volume,
        "currency": known.product.currency,
        "seed": known.product.seed,
        "engine": ENGINE,
    }
    return {figure: book.add(document | {"figure": figure}) for figure in ("total", *(month for month, _ in volume))}
