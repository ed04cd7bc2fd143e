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
from metrics.core.evaluation.binary import DEFINITIONS
from metrics.core.formula import EvaluationError, FormulaError, parse
from metrics.core.kpi.decisions import CELLS
from metrics.core.kpi.matrix import MappingError, cells_at
from metrics.core.replay import ENGINE, Document
from metrics.core.revenue.projection import later
from metrics.models.evaluation import EvaluationRun, Metric, ModelVersion
from metrics.models.kpi import KPI, Actual, AssumptionVersion, MappingVersion
from metrics.models.product import Product
from metrics.models.revenue import Projection

NO_APPROVED = "no approved mapping"
NO_CHAMPION = "no champion with a scored run"
HISTORY = 240  # months of volume at most in a document


class Book(dict[str, Document]):
    """Documents by digest, each added after those that it names."""

    def add(self, document: Document) -> str:
        name = digest(document)
        self[name] = document
        return name


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
    def runs(self) -> list[EvaluationRun]:
        """Scored runs, newest first."""
        rows = EvaluationRun.objects.filter(product=self.product, state=EvaluationRun.State.SCORED)
        return list(rows.select_related("version__model", "data_set"))

    @property
    def champion(self) -> EvaluationRun | None:
        """The newest scored run of a champion."""
        return next((run for run in self.runs if run.version.state == ModelVersion.State.CHAMPION), None)

    def actuals(self, kpi: KPI) -> list[tuple[str, float]]:
        """(month, value) ascending, each month as known last."""
        rows = Actual.objects.filter(kpi=kpi, withdrawn_at=None)
        if self.at:
            rows = rows.filter(known_at__lte=self.at)
        newest: dict[str, float] = {}
        for period, value in rows.order_by("known_at", "created_at").values_list("period", "value"):
            newest[f"{period:%Y-%m}"] = float(value)
        return sorted(newest.items())[-HISTORY:]


def built_in() -> list[str]:
    """Keys of the metrics that every run with rows has."""
    return list(DEFINITIONS)


def cube(book: Book, run: EvaluationRun) -> str:
    return book.add({"kind": "cube", "rows": run.rows, "time_zone": run.product.time_zone, "engine": ENGINE})


def metric(book: Book, run: EvaluationRun, key: str) -> str:
    """The document of one metric of a run: given by the run, or a function of its cube."""
    if key in run.reported:
        given = run.reported[key]
        return book.add(
            {
                "kind": "reported",
                "run": run.pk,
                "metric": key,
                "value": given["value"],
                "standard_error": given.get("standard_error"),
                "unit": given.get("unit", ""),
                "seed": run.product.seed,
                "engine": ENGINE,
            }
        )
    if not run.rows:
        return book.add({"kind": "metric", "metric": key, "run": run.pk, "unknown": "the run reported no such metric"})
    return book.add(
        {
            "kind": "metric",
            "run": run.pk,
            "metric": key,
            "cube": cube(book, run),
            "seed": run.product.seed,
            "engine": ENGINE,
        }
    )


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
        parts = _matrix if version.definition["kind"] == "value_matrix" else _formula
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


def _formula(
    book: Book, run: EvaluationRun, version: MappingVersion, known: Known, document: Mapping[str, Any]
) -> dict[str, Any]:
    units = (
        {key: row.unit for key, row in known.metrics.items()}
        | {key: row.assumption.unit for key, row in known.assumptions.items()}
        | {key: row.unit for key, row in known.kpis.items() if key != version.mapping.kpi.key}
    )
    operands: dict[str, Any] = {}
    for name in sorted(parse(version.definition["text"], units).names):
        if name in known.assumptions:
            operand: dict[str, Any] = {"assumption": assumption(known.assumptions[name])}
        elif name in known.kpis:
            under = known.approved.get(name)
            operand = {"result": kpi(book, run, under, known)} if under else {"unknown": f"{name}: {NO_APPROVED}"}
        else:
            operand = {"result": metric(book, run, name)}
        operands[name] = operand | {"unit": units[name]}
    return {"operands": operands}


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
