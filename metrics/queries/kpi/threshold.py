"""The threshold explorer of a binary run: its profit curve within limits, what another threshold would cost, advice.

Everything is read from the stored cube; a cube is swept once and kept in memory, so that another limit, threshold or
value matrix is answered at once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from metrics import store
from metrics.core import replay
from metrics.core.distributions import parse
from metrics.core.documents import canonical
from metrics.core.estimate import Estimate, Quantity, Unknown, made
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.formula import EvaluationError
from metrics.core.kpi.advice import Advice, advise, advise_classes, advise_numbers
from metrics.core.kpi.cost import ErrorCost
from metrics.core.kpi.profit import Hull, Profit, expected_best, expected_maximum_profit, maximum_profit, terms_of
from metrics.core.kpi.sweep import Sweep, columns_of
from metrics.core.kpi.threshold import BestThreshold, ProfitCurve, best_threshold, curve_of, step
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import MappingVersion
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.statistics import cube_file

HELD = 8  # in each process; a swept cube takes some 20 MB
YEAR = 12


@dataclass(frozen=True)
class Asked:
    """What a reader asks: limits, the threshold to compare, and whether the curve runs over thresholds or shares."""

    capacity: float = 1.0
    budget: float = math.inf
    at: float | None = None
    by: str = "threshold"


@dataclass(frozen=True)
class Published:
    """Maximum profit as published, a case, with the assumption `share` known, and expected over its distribution.

    Both are in-sample by definition. expected: None where the assumption has no beta distribution.
    """

    share: str
    maximum: Profit
    expected: Profit | None


@dataclass(frozen=True, eq=False)
class Explorer:
    """One run under one value matrix.

    present: position of the threshold in use, or of the one asked for; None where the matrix decides row by row and
    none was asked for. asked: that threshold itself, which the curve may not be exact at. best: position of the highest
    point within the limits. costs: what the present one loses against the best, on these rows; a_year: the same over
    the last twelve months of volume, Unknown where that is not known. honest: the best threshold chosen on one half and
    scored on the other, with no limits. anew: the mean of the best over the assumptions' draws, as expected maximum
    profit is defined. published: None where the matrix does not fit the publications' definition.
    """

    curve: ProfitCurve
    n: float
    rule: Mapping[str, Any]
    present: int | None
    asked: float
    best: int
    costs: Quantity | None
    a_year: Quantity
    honest: BestThreshold
    anew: float
    published: Published | None
    advice: Advice | Unknown


def explore(run: EvaluationRun, document: Mapping[str, Any], asked: Asked, known: Known) -> Explorer | Unknown:
    """The explorer of a run for a KPI document of a value matrix; money over all its rows. Unknown without a cube."""
    file = cube_file(run) if run.task == "binary" else ""
    if not file:
        return Unknown("the run has no rows with two outcomes")
    try:
        priced = _priced(file, canonical(document))
    except (ValueError, EvaluationError) as error:
        return Unknown(str(error)[:300])
    if isinstance(priced, Unknown):
        return priced
    rule = document["definition"]["threshold"]
    present = rule.get("at") if asked.at is None else asked.at
    if present is None and rule["kind"] == "best":
        present = priced.honest.in_use
    here = None if present is None else priced.curve.at(present)
    best = priced.curve.best(asked.capacity, asked.budget)
    costs = None if here is None else priced.step(best, here)
    return Explorer(
        curve=priced.curve,
        n=priced.sweep.n,
        rule=rule,
        present=here,
        asked=0.0 if present is None else float(present),
        best=best,
        costs=costs,
        a_year=_a_year(costs, priced.sweep.n, known),
        honest=priced.honest,
        anew=priced.anew,
        published=priced.published,
        advice=priced.advice,
    )


def advice_without_outcomes(version: MappingVersion, known: Known) -> Advice | Unknown | None:
    """Training advice of a cost of errors or a matrix of classes; None of any other mapping."""
    definition = version.definition
    if definition["kind"] not in replay.SUMMED:
        return None
    held = {key: {"unit": row.assumption.unit} for key, row in known.assumptions.items()}
    case = known.product.case_noun
    found = replay.summed(
        {"definition": definition, "assumptions": held, "currency": known.product.currency, "case": case}
    )
    rows = {name: known.assumptions[name] for name in found.names}
    points = {
        name: replay.assumption(
            {"id": name, "unit": row.assumption.unit, "distribution": row.distribution}, known.product.seed
        ).point
        for name, row in rows.items()
    }
    return advise_numbers(found, points) if isinstance(found, ErrorCost) else advise_classes(found, points)


@dataclass(frozen=True, eq=False)
class _Priced:
    """What does not depend on what is asked."""

    sweep: Sweep
    curve: ProfitCurve
    honest: BestThreshold
    anew: float
    published: Published | None
    advice: Advice | Unknown
    cells: tuple[Any, Any]

    def step(self, best: int, here: int) -> Quantity:
        at_points, at_draws = self.cells
        return step(self.sweep, at_points, (best, here), cells_draws=at_draws, unit=self.curve.unit)


@lru_cache(maxsize=HELD)
def swept(file: str, columns: tuple[str, ...], seed: int) -> Sweep | Unknown:
    """The cube of a file, swept over its thresholds."""
    return Sweep.of(_cube(file), columns, seed=seed)


@lru_cache(maxsize=2)
def _cube(file: str) -> Cube:
    return Cube.from_bytes(store.get(file))


@lru_cache(maxsize=4 * HELD)
def _priced(file: str, document: bytes) -> _Priced | Unknown:
    found = json.loads(document)
    matrix, (at_points, at_draws) = replay.matrix(found), replay.cells(found)
    sweep = swept(file, columns_of(at_points), found["seed"])
    if isinstance(sweep, Unknown):
        return sweep
    honest = best_threshold(
        _cube(file),
        at_points,
        seed=found["seed"],
        cells_draws=at_draws,
        baseline=matrix.baseline,
        unit=matrix.currency,
    )
    return _Priced(
        sweep=sweep,
        curve=curve_of(sweep, at_points, cells_draws=at_draws, baseline=matrix.baseline, unit=matrix.currency),
        honest=honest,
        anew=expected_best(sweep, at_draws, baseline=matrix.baseline),
        published=_published(_cube(file), found),
        advice=advise(at_points, sweep),
        cells=(at_points, at_draws),
    )


def _published(cube: Cube, document: Mapping[str, Any]) -> Published | None:
    points = {name: held.point for name, held in replay.assumptions(document).items()}
    spreads = {name: parse(held["distribution"]).family for name, held in document["assumptions"].items()}
    terms, hull = terms_of(replay.matrix(document), points, spreads), Hull.of_cube(cube)
    if terms is None or isinstance(hull, Unknown):
        return None
    money = {"slope": terms.slope, "offset": terms.offset, "cost": terms.cost}
    expected = expected_maximum_profit(hull, x=terms.spread, **money) if terms.spread else None
    return Published(terms.name, maximum_profit(hull, x=terms.x, **money), expected)


def _a_year(costs: Quantity | None, n: float, known: Known) -> Quantity:
    """The same share of cases over the last twelve months of the projection's volume."""
    months = known.actuals(known.projection.volume_kpi)[-YEAR:] if known.projection is not None else []
    if len(months) < YEAR or not isinstance(costs, Estimate):
        return Unknown("fewer than twelve months of volume are known")
    scale = sum(value for _, value in months) / n
    return made(costs.point * scale, None if costs.draws is None else costs.draws * scale, costs.unit)
