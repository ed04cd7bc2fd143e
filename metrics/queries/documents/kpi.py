"""The documents of KPIs: a run under a mapping version, made from what is known now as those of `documents` are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metrics.core import replay
from metrics.core.formula import EvaluationError, FormulaError, aspect, parse
from metrics.core.kpi.class_matrix import ClassMatrix
from metrics.core.kpi.decisions import CELLS
from metrics.core.kpi.matrix import MappingError, cells_at
from metrics.core.kpi.summed import SUMMED
from metrics.core.replay import ENGINE
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import MappingVersion
from metrics.queries.documents import aspects, calibration, evaluation
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import NO_APPROVED, Known


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
    used = {key: evaluation.assumption(row) for key, row in known.assumptions.items()}
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
        decisions |= {"cube": evaluation.cube(book, run), "seed": known.product.seed}
    return {"assumptions": used, "decisions": book.add(decisions)}


def _summed(
    book: Book, run: EvaluationRun, version: MappingVersion, known: Known, document: Mapping[str, Any]
) -> dict[str, Any]:
    used = {key: evaluation.assumption(row) for key, row in known.assumptions.items()}
    found = replay.summed({**document, "assumptions": used})
    used = {key: used[key] for key in sorted(found.names)}
    if not run.rows:
        return {"assumptions": used, "unknown": "the run has no rows: only metrics were reported"}
    if run.task == "binary":
        return {"assumptions": used, "unknown": "this mapping is for another task: a run with two outcomes has none"}
    if not isinstance(found, ClassMatrix) or found.decide == "predicted":
        return {"assumptions": used, "cube": evaluation.cube(book, run)}
    decisions = {
        "kind": "class_decisions",
        "rows": run.rows,
        "cells": found.at({name: replay.assumption(row, known.product.seed).point for name, row in used.items()}),
        "time_zone": known.product.time_zone,
        "engine": ENGINE,
    }
    return {"assumptions": used, "cube": book.add(decisions)}


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
            asked = aspects.operand(run, part, cube=evaluation.cube(book, run) if run.rows else "")
            operands[name] = asked | {"unit": units[part.metric]}
            continue
        if name in known.assumptions:
            operand: dict[str, Any] = {"assumption": evaluation.assumption(known.assumptions[name])}
        elif name in known.kpis:
            under = known.approved.get(name)
            operand = {"result": kpi(book, run, under, known)} if under else {"unknown": f"{name}: {NO_APPROVED}"}
        else:
            operand = {"result": evaluation.metric(book, run, name)}
        operands[name] = operand | {"unit": units[name]}
    # Aspects of metrics are no results of their own: the receipt finds the cube under them by its digest here.
    held = any("metric" in operand for operand in operands.values())
    return {"operands": operands} | ({"cube": evaluation.cube(book, run)} if held else {})


def _calibrated(
    book: Book, run: EvaluationRun, version: MappingVersion, known: Known, document: Mapping[str, Any]
) -> dict[str, Any]:
    mine, definition = version.mapping.kpi, version.definition
    key = definition["metric"]
    measured = known.metrics.get(key)
    pairs = known.pairs.get((mine.key, key, definition["pairs"]), [])
    operand = {"result": evaluation.metric(book, run, key), "unit": measured.unit if measured else ""}
    increasing = measured is None or measured.direction == mine.direction
    return {"operands": {key: operand}} | calibration.part(pairs, increasing=increasing)
