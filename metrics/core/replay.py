"""Recompute any figure from its document: the one path by which results are made, verified, and verified offline.

A document is plain JSON and names the documents under it by digest, from money down to rows:

    revenue, realised → kpi → decisions   → rows
                            → cube        → rows
                            → metric      → cube, or sums for a custom one → rows
                                          → label_noise                    → rows, votes

Whoever calls gives a Source, which finds documents, files and rows by their digests: the database and the store on a
server, the exported file offline.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import scipy

from metrics.core import distributions
from metrics.core.artifacts import artifact
from metrics.core.documents import Document, Source
from metrics.core.draws import K, uniforms
from metrics.core.estimate import Draws, Estimate, Quantity, Unknown, made
from metrics.core.evaluation.figure import deviations
from metrics.core.evaluation.metrics.custom import evaluate_custom, parse_custom
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.formula import Explanation, Formula, estimate, explain, parse
from metrics.core.kpi import calibration_document
from metrics.core.kpi import value as money
from metrics.core.kpi.at_threshold import metric_at
from metrics.core.kpi.decisions import CellName, CellValue, Decisions
from metrics.core.kpi.matrix import Matrix, cells_at, parse_matrix
from metrics.core.kpi.summed import SUMMED, Summed, parse_summed
from metrics.core.revenue.projection import Projection, project, realised
from metrics.core.revenue.terms import Terms, correcting

__all__ = ["ENGINE", "Document", "Source", "artifact", "figures", "quantities", "quantity"]

PROJECTED = ("growth", "adoption", "ramp", "serving", "intervention", "discount")
LEAST_OF_A_MONTH = 100  # labelled rows for a month to have a value of its own
ENGINE = f"kpiplatform 2, numpy {np.__version__}, scipy {scipy.__version__}"


def quantity(document: Document, source: Source) -> Quantity:
    """The figure that a document stands for; Unknown, with the reason, where it cannot be computed."""
    if "unknown" in document:
        return Unknown(document["unknown"])
    try:
        return _quantity(document, source)
    except ValueError as error:
        return Unknown(str(error)[:500] or "cannot be computed")


def _quantity(document: Document, source: Source) -> Quantity:
    match document["kind"]:
        case "metric":
            if "formula" in document:
                return _by_formula(document, source)
            if "at" in document:
                cube = Cube.from_bytes(source.content(document["cube"]))
                return metric_at(cube, document["metric"], document["at"], seed=document["seed"])
            return _noisy(_measured(document, [document["metric"]], source)[document["metric"]], document, source)
        case "reported":
            return reported(document)
        case "kpi" if document["definition"]["kind"] == "value_matrix":
            return matrix_value(document, decisions(document, source))
        case "kpi" if document["definition"]["kind"] in SUMMED:
            return summed_value(document, Sums.from_bytes(source.content(document["cube"])))
        case "kpi" if document["definition"]["kind"] == "calibrated":
            (metric,) = document["operands"].values()
            return calibration_document.prediction(document, _operand(metric, document, source)).quantity
        case "kpi":
            return estimate(*_formula(document, source))
        case "revenue" | "realised":
            return figures(document, source)[document["figure"]]
    raise ValueError(f"no such kind of figure: {document['kind']!r}")


def quantities(documents: Sequence[Document], source: Source) -> list[Quantity]:
    """The figures of several documents, in their order; metrics of one cube are computed together."""
    keys: dict[str, list[str]] = {}
    for document in documents:
        if "cube" in document and document["kind"] == "metric":
            keys.setdefault(document["cube"], []).append(document["metric"])
    together: dict[str, Mapping[str, Quantity]] = {}
    found = []
    for document in documents:
        if document["kind"] != "metric" or "cube" not in document:
            found.append(quantity(document, source))
            continue
        digest = document["cube"]
        if digest not in together:
            together[digest] = _measured(document, keys[digest], source)
        found.append(_noisy(together[digest][document["metric"]], document, source))
    return found


def _measured(document: Document, keys: Sequence[str], source: Source) -> Mapping[str, Quantity]:
    task = TASKS[document["task"]]
    group = (document["segment"][0], document["segment"][1]) if "segment" in document else None
    return task.evaluate(task.read(source.content(document["cube"])), seed=document["seed"], keys=keys, group=group)


def _by_formula(document: Document, source: Source) -> Quantity:
    sums = Sums.from_bytes(source.content(document["sums"]))
    metric = parse_custom(document["formula"], document["columns"])
    return evaluate_custom(sums, metric, seed=document["seed"], unit=document["unit"])


def _noisy(figure: Quantity, document: Document, source: Source) -> Quantity:
    """The figure with what disputed labels add to its draws: draw k takes one of the redraws of the labels."""
    if "noise" not in document or isinstance(figure, Unknown) or figure.draws is None:
        return figure
    moved = deviations(source.content(document["noise"]), document["metric"])
    if not len(moved):
        return figure
    picked = (uniforms(document["seed"], f"label noise:{document['noise']}") * len(moved)).astype(np.int64)
    return made(figure.point, figure.draws + moved[picked], figure.unit)


def reported(document: Document) -> Quantity:
    """A metric that the run gave: normal draws around it where its standard error is known, else a point alone."""
    error, name = document["standard_error"], f"reported:{document['run']}:{document['metric']}"
    if error is None:
        return made(document["value"], None, document["unit"])
    return _reported(document["value"], error, document["unit"], document["seed"], name)


@lru_cache(maxsize=64)
def _reported(value: float, error: float, unit: str, seed: int, name: str) -> Quantity:
    """Remembered: several KPIs of a run are computed one after the other from the same metrics."""
    spread = distributions.parse({"kind": "normal", "mean": value, "sd": error})
    return made(value, spread.draws(uniforms(seed, name)), unit)


def assumption(found: Document, seed: int) -> Estimate:
    """An assumption's point and draws; its key, not its version, names its stream, so that versions stay paired."""
    return _assumption(found["id"], json.dumps(found["distribution"], sort_keys=True), found["unit"], seed)


@lru_cache(maxsize=256)
def _assumption(key: str, distribution: str, unit: str, seed: int) -> Estimate:
    spread = distributions.parse(json.loads(distribution))
    return Estimate(spread.point, unit, spread.draws(uniforms(seed, key)))


def assumptions(document: Document) -> dict[str, Estimate]:
    return {name: assumption(found, document["seed"]) for name, found in document["assumptions"].items()}


def decisions(document: Document, source: Source) -> Decisions:
    return Decisions.from_bytes(source.content(document["decisions"]))


def _formula(document: Document, source: Source) -> tuple[Formula, dict[str, Quantity]]:
    operands = {name: _operand(found, document, source) for name, found in document["operands"].items()}
    units = {name: found["unit"] for name, found in document["operands"].items()}
    return parse(document["definition"]["text"], units), operands


def explained(document: Document, source: Source) -> Explanation:
    """The formula of a KPI document part by part, each with its quantity; that at the root is the document's."""
    return explain(*_formula(document, source))


def matrix(document: Document) -> Matrix:
    """The value matrix of a KPI document."""
    units = {name: found["unit"] for name, found in document["assumptions"].items()}
    return parse_matrix(document["definition"], units, document["currency"], case=document["case"])


def cells(document: Document) -> tuple[dict[CellName, CellValue], dict[CellName, CellValue]]:
    """The cells of a value matrix at the assumptions' points, and at their draws."""
    found, known = matrix(document), assumptions(document)
    at_points = cells_at(found, {name: known[name].point for name in found.names})
    return at_points, cells_at(found, {name: _drawn(known[name]) for name in found.names})


def matrix_value(document: Document, sums: Decisions, group: tuple[str, str] | None = None) -> Quantity:
    """A value matrix applied to the sums of decisions, against its baseline."""
    found = matrix(document)
    at_points, at_draws = cells(document)
    return money.value(
        sums,
        at_points,
        at_draws,
        seed=document["seed"],
        baseline=found.baseline,
        per=found.per,
        unit=found.unit,
        group=group,
    )


def summed(document: Document) -> Summed:
    """The cost of errors, or the matrix of several classes, of a KPI document."""
    units = {name: found["unit"] for name, found in document["assumptions"].items()}
    return parse_summed(document["definition"], units, document["currency"], case=document["case"])


def summed_value(document: Document, sums: Sums, group: tuple[str, str] | None = None) -> Quantity:
    """Such a mapping applied to the sums of a run."""
    found, known = summed(document), assumptions(document)
    points = {name: known[name].point for name in found.names}
    drawn = {name: _drawn(known[name]) for name in found.names}
    return found.value(sums, points, drawn, seed=document["seed"], group=group)


def figures(document: Document, source: Source) -> dict[str, Quantity]:
    """All figures of one projection or of the months realised: "total" and each month as "YYYY-MM"."""
    volume = [(month, float(count)) for month, count in document["volume"]]
    if document["kind"] == "realised":
        kpi = source.document(document["value"])
        sums = decisions(kpi, source)
        by_month = {month: matrix_value(kpi, sums, ("month", month)) for month in sums.months()}
        found = realised(by_month, dict(volume), unit=document["currency"])
        return {"total": found.total, **{str(month): figure for month, figure in found.months.items()}}
    kpi = source.document(document["value"])
    held = _sums(kpi, source)
    projected = projection(document, quantity(kpi, source), season=season(kpi, held), acted=acted(document, held))
    if isinstance(projected, Unknown):
        return {document["figure"]: projected}
    return {"total": projected.total, **{str(month): figure for month, figure in projected.months.items()}}


def _sums(kpi: Document, source: Source) -> Decisions | None:
    return decisions(kpi, source) if "decisions" in kpi else None


def season(kpi: Document, sums: Decisions | None, at: Mapping[CellName, CellValue] | None = None) -> dict[str, float]:
    """Calendar month "01" to "12" → value a case of that month's rows as a multiple of the value over all rows.

    With the cells at the assumptions' points, or as given by a what-if. A month with fewer than 100 labelled rows is
    left out, and so are all where the value over all rows is not above 0: a multiple would then mean nothing.
    """
    if sums is None or matrix(kpi).per != "case":
        return {}
    at_points, baseline = at or cells(kpi)[0], matrix(kpi).baseline

    def mean(whole: Any) -> float:
        gain = money.money(whole, at_points, sums.columns)
        if baseline != "none":
            gain = gain - money.money(whole, at_points, sums.columns, baseline)
        return float(gain / whole[..., 0].sum())

    months: dict[str, Any] = {}
    for month in sums.months():
        months[month[5:]] = months.get(month[5:], 0.0) + sums.dense(("month", month)).sum(axis=0)
    overall = mean(sums.dense().sum(axis=0)) if sums.n() else 0.0
    if overall <= 0:
        return {}
    return {name: mean(whole) / overall for name, whole in months.items() if whole[..., 0].sum() >= LEAST_OF_A_MONTH}


def projection(
    document: Document,
    value: Quantity,
    *,
    season: Mapping[str, float],
    acted: Quantity | None = None,
    moved: Mapping[str, float] | None = None,
) -> Projection | Unknown:
    """The projection of a revenue document, for a value a case that may be another than the stored one (a what-if).

    acted: share of cases acted on, where the document has a cost for each of them. moved: assumption → where its point
    is moved to, each draw with it.
    """
    if isinstance(acted, Unknown):
        return acted
    held = {name: _shifted(document, name, moved or {}) for name in PROJECTED if document.get(name)}
    correction = document.get("correction")
    seed = document["seed"]
    return project(
        value=value,
        volume=[(month, float(count)) for month, count in document["volume"]],
        months=document["months"],
        growth=held.pop("growth", None),
        terms=Terms(
            **held,
            acted=acted,
            correction=correcting(correction, seed=seed, name=correction["mapping"]) if correction else None,
        ),
        season=season,
        seed=document["seed"],
        unit=document["currency"],
    )


def _shifted(document: Document, name: str, moved: Mapping[str, float]) -> Estimate:
    held = assumption(document[name], document["seed"])
    at = moved.get(document[name]["id"], held.point)
    return Estimate(at, held.unit, None if held.draws is None else held.draws + (at - held.point))


def acted(document: Document, sums: Decisions | None) -> Quantity | None:
    """Share of cases acted on, where a revenue document has a cost for each; None where it has none."""
    if not document.get("intervention"):
        return None
    if sums is None:
        return Unknown("a cost per case acted on needs a value matrix, which knows how many are")
    return money.acted_share(sums, seed=document["seed"])


def _drawn(known: Estimate) -> Draws:
    return np.full(K, known.point) if known.draws is None else known.draws


def _operand(found: Document, document: Document, source: Source) -> Quantity:
    if "assumption" in found:
        return assumption(found["assumption"], document["seed"])
    if "unknown" in found:
        return Unknown(found["unknown"])
    if "metric" in found:
        return quantity(found["metric"], source)
    return quantity(source.document(found["result"]), source)
