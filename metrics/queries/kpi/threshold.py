"""The threshold explorer of a binary run: its profit curve within limits, what another threshold would cost, advice.

Everything is read from the stored cube; a cube is swept once and kept in memory, so that another limit, threshold or
value matrix is answered at once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from metrics import store
from metrics.core.assumptions import EVERYTHING, assumption
from metrics.core.distributions import parse
from metrics.core.documents import canonical
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.formula import EvaluationError, FormulaError
from metrics.core.kpi.advice import Advice, advise, advise_classes, advise_numbers
from metrics.core.kpi.class_matrix import ClassMatrix
from metrics.core.kpi.cost import ErrorCost
from metrics.core.kpi.deciding import decide
from metrics.core.kpi.kinds import kind_of
from metrics.core.kpi.matrix import Baseline, MappingError, Matrix
from metrics.core.kpi.pricing import Pricing
from metrics.core.kpi.profit import Hull, Profit, expected_best, expected_maximum_profit, maximum_profit, terms_of
from metrics.core.kpi.sweep import Sweep, columns_of
from metrics.core.kpi.threshold import BestThreshold, ProfitCurve, best_threshold, curve_of, step
from metrics.core.kpi.value import value
from metrics.core.kpi.value_matrix import cells, matrix_of
from metrics.core.late import pq
from metrics.core.rows.table import read_rows
from metrics.memory import remembered
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import MappingVersion
from metrics.queries.documents import evaluation
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import in_money, read_only_from, speaks_of
from metrics.queries.documents.source import Shelf, read
from metrics.queries.documents.vocabulary import vocabulary
from metrics.queries.evaluation.rows import lacking
from metrics.queries.evaluation.statistics import cube_file
from metrics.queries.kpi import board
from metrics.queries.kpi.board import KPIFigure
from metrics.queries.kpi.months import YEAR, last_year

NEEDED = ("example_id", "cluster_id", "weight", "y_true", "y_score")
BELIEVED_ROWS = 1_000_000  # up to so many the rows are read anew, to be valued by their probabilities
NO_MATRIX = "no value matrix is in force"
# The reading of a definition → what gives its training advice.
ADVISED: Mapping[type, Callable[[Any, Mapping[str, float]], Advice | Unknown]] = {
    ErrorCost: advise_numbers,
    ClassMatrix: advise_classes,
}


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

    believed: what the decisions at the present rule are worth if every probability is right, Σ over rows of
    p · v[1, decision] + (1 − p) · v[0, decision]; responding: the same of deciding each row as its own probability and
    amounts would have it, which is the most that can be expected.

    present: position of the threshold in use, or of the one asked for; None where the matrix decides row by row and
    none was asked for. asked: that threshold itself, which the curve may not be exact at. best: position of the highest
    point within the limits. costs: what the present one loses against the best, on these rows; a_year: the same over
    the last twelve months of volume, which are `year`; Unknown where that is not known. honest: the best threshold
    chosen on one half and scored on the other, with no limits. anew: the mean of the best over the assumptions' draws,
    as expected maximum profit is defined. published: None where the matrix does not fit the publications' definition.
    """

    curve: ProfitCurve
    n: float
    rule: Mapping[str, Any]
    present: int | None
    asked: float
    best: int
    costs: Quantity | None
    a_year: Quantity
    year: tuple[str, ...]
    honest: BestThreshold
    anew: float
    believed: Quantity
    responding: Quantity
    published: Published | None
    advice: Advice | Unknown


def of_run(run: EvaluationRun, asked: Asked, known: Known) -> tuple[KPIFigure, Explorer] | Unknown:
    """The explorer of a run under the value matrix in money, and the run's figure under it. Unknown without either."""
    version = in_money(known, run) or in_money(known)
    if version is None or not kind_of(version.definition).acts:
        return Unknown(NO_MATRIX)
    if not speaks_of(version, run, known):
        return Unknown(read_only_from(version, known))
    explored = explore(run, board.document(run, version, known), asked, known)
    return explored if isinstance(explored, Unknown) else (board.of_run(run, known, [version])[0], explored)


def explore(run: EvaluationRun, document: Mapping[str, Any], asked: Asked, known: Known) -> Explorer | Unknown:
    """The explorer of a run for a KPI document of a value matrix; money over all its rows. Unknown without a cube."""
    file = cube_file(run) if TASKS[run.task].two_outcomes else ""
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
    in_use = rule if asked.at is None else {"kind": "fixed", "at": asked.at}
    if in_use["kind"] == "best":
        in_use = {"kind": "best", "even": priced.honest.even, "odd": priced.honest.odd}
    without = lacking(run)
    believed, responding = (
        without or _believed(run.rows, run.n_rows or 0, file, canonical(document), canonical(one))
        for one in (in_use, {"kind": "per_row"})
    )
    costs = None if here is None else priced.step(best, here)
    volume = last_year(known, known.projection.volume_kpi) if known.projection is not None else {}
    return Explorer(
        curve=priced.curve,
        n=priced.sweep.n,
        rule=rule,
        present=here,
        asked=0.0 if present is None else float(present),
        best=best,
        costs=costs,
        a_year=_a_year(costs, priced.sweep.n, volume),
        year=tuple(volume),
        honest=priced.honest,
        anew=priced.anew,
        believed=believed,
        responding=responding,
        published=priced.published,
        advice=priced.advice,
    )


def advice_without_outcomes(version: MappingVersion, known: Known) -> Advice | Unknown | None:
    """Training advice of a cost of errors or a matrix of classes; None of any other mapping."""
    kind = kind_of(version.definition)
    try:
        reading = kind.read(version.definition, vocabulary(version.mapping.kpi, known))
    except (MappingError, FormulaError):
        return None
    advise_by = ADVISED.get(type(reading))
    if advise_by is None:
        return None
    documents = {name: evaluation.assumption(known.assumptions[name]) for name in reading.names}
    points = {name: assumption(document, known.product.seed).point for name, document in documents.items()}
    return advise_by(reading, points)


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
    baseline: Baseline

    def step(self, best: int, here: int) -> Quantity:
        at_points, at_draws = self.cells
        return step(self.sweep, at_points, (best, here), cells_draws=at_draws, unit=self.curve.unit)


@remembered
def swept(file: str, columns: tuple[str, ...], seed: int) -> Sweep | Unknown:
    """The cube of a file, swept over its thresholds."""
    return Sweep.of(read(file, Cube.from_bytes), columns, seed=seed)


@remembered
def _priced(file: str, document: bytes) -> _Priced | Unknown:
    pricing = Pricing(json.loads(document), Shelf(Book()))
    matrix, (at_points, at_draws) = matrix_of(pricing.document), cells(pricing, EVERYTHING)
    seed, cube = pricing.document["seed"], read(file, Cube.from_bytes)
    sweep = swept(file, columns_of(at_points), seed)
    if isinstance(sweep, Unknown):
        return sweep
    money: dict[str, Any] = {"cells_draws": at_draws, "baseline": matrix.baseline, "unit": matrix.currency}
    return _Priced(
        sweep=sweep,
        curve=curve_of(sweep, at_points, **money),
        honest=best_threshold(cube, at_points, seed=seed, **money),
        anew=expected_best(sweep, at_draws, baseline=matrix.baseline),
        published=_published(cube, pricing, matrix),
        advice=advise(at_points, sweep),
        cells=(at_points, at_draws),
        baseline=matrix.baseline,
    )


@remembered
def _believed(rows: str, n_rows: int, file: str, document: bytes, rule: bytes) -> Quantity:
    """Money over all labelled rows under the probabilities of the run, by a rule."""
    if n_rows > BELIEVED_ROWS:
        return Unknown(f"it is made from the rows themselves, of which there are more than {BELIEVED_ROWS:,}")
    priced = _priced(file, document)
    if isinstance(priced, Unknown):
        return priced
    at_points, at_draws = priced.cells
    wanted = {*NEEDED, *columns_of(at_points)}
    path = store.path(rows)
    table = read_rows(path, columns=[name for name in pq.read_schema(path).names if name in wanted])
    try:
        policy = decide(table, points=at_points, threshold=json.loads(rule), segments=[], labels="predicted")
    except ValueError as error:
        return Unknown(str(error))
    seed, curve = json.loads(document)["seed"], priced.curve
    return value(policy, at_points, at_draws, seed=seed, baseline=priced.baseline, per="total", unit=curve.unit)


def _published(cube: Cube, pricing: Pricing, matrix: Matrix) -> Published | None:
    spreads = {name: parse(held["distribution"]).family for name, held in pricing.document["assumptions"].items()}
    terms, hull = terms_of(matrix, pricing.points(EVERYTHING), spreads), Hull.of_cube(cube)
    if terms is None or isinstance(hull, Unknown):
        return None
    money = {"slope": terms.slope, "offset": terms.offset, "cost": terms.cost}
    expected = expected_maximum_profit(hull, x=terms.spread, **money) if terms.spread else None
    return Published(terms.name, maximum_profit(hull, x=terms.x, **money), expected)


def _a_year(costs: Quantity | None, n: float, volume: Mapping[str, float]) -> Quantity:
    """The same share of cases over the last twelve months of the projection's volume."""
    if len(volume) < YEAR or not isinstance(costs, Estimate):
        return Unknown("the volume of the last twelve months is not known of each")
    scale = sum(volume.values()) / n
    return costs.map(lambda cost: cost * scale)
