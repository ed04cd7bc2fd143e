"""Custom metrics: a formula over rows, such as `sum(w * abs(y - p)) / sum(w * y)`, with a band as any built-in one.

A row has the names y (its label), p (its score or prediction), w (its weight, 1 where there is none), lo and hi (the
ends of a forecast's interval), and those of its amounts and numeric features: every sign of a column's name that is
not a letter, a digit or an underscore is written as an underscore, `feature.age` as `feature_age`. In a task of
several classes y and p are places among the classes, from 0: they can be compared, and little else makes sense.

Rows without a label, and those of weight 0, do not count. Sums and counts are totals: in draw k, N · Σw·S / Σw·n.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import NOT_IN_ALL, Quantity, Unknown, made
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.in_process import InProcess
from metrics.core.evaluation.statistics.jobs import Engine
from metrics.core.evaluation.statistics.resampling_units import Units
from metrics.core.evaluation.statistics.scan_terms import measured, scan_terms
from metrics.core.evaluation.statistics.sums import ROWS, Sums
from metrics.core.evaluation.statistics.term_sums import Terms
from metrics.core.evaluation.statistics.weighted import NO_LABELS, Weighted
from metrics.core.formula.aggregates import AGGREGATES, RowsFormula, parse_over_rows
from metrics.core.formula.errors import EvaluationError, quoted
from metrics.core.formula.evaluation import Faults, evaluate, evaluate_lanes
from metrics.core.formula.scanning import RESERVED
from metrics.core.formula.tree import Binary, Node, parts
from metrics.core.late import pa, pc
from metrics.core.rows.groups import Group
from metrics.core.rows.labelled import Labelled
from metrics.core.rows.reading import ROW_NUMBER, Numbered, TableRows
from metrics.core.rows.refusal import counted
from metrics.core.rows.table import FEATURE_PREFIX, PROBABILITY_PREFIX, amount_columns, classes_of, task_of

_SHORT = {"y_true": "y", "y_score": "p", "y_pred": "p", "weight": "w", "y_low": "lo", "y_high": "hi"}
_WEIGHT = "w"
_ALWAYS = ("example_id", "event_time", "query_id", ROW_NUMBER)
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_]")


@dataclass(frozen=True)
class CustomMetric:
    """A checked formula over rows, and the column behind each name in use."""

    formula: RowsFormula
    columns: tuple[tuple[str, str], ...]


def columns_of(task: str) -> tuple[str, ...]:
    """The columns that rows of a task have and a formula can name; amounts and features come with the rows."""
    return ("y_true", *TASKS[task].rows.predicts, "weight")


def row_names(rows: pa.Table | pa.Schema) -> tuple[str, ...]:
    """The columns of canonical rows, or of their schema, that a formula can name."""
    schema = rows.schema if isinstance(rows, pa.Table) else rows
    named = {*_SHORT, *amount_columns(schema.empty_table())}
    prefixes = (FEATURE_PREFIX, PROBABILITY_PREFIX)
    return tuple(
        field.name
        for field in schema
        if field.name in named or (field.name.startswith(prefixes) and _is_number(field.type))
    )


def parse_custom(text: str, columns: Collection[str]) -> CustomMetric:
    """Read a formula over rows that have these columns.

    Raises FormulaError with the place and the remedy: a name that is none of theirs, a name outside an aggregate, a
    text that does not reduce the rows to one number. A column whose name no formula can hold is not known to it.
    """
    known = formula_names(columns)
    formula = parse_over_rows(text, known)
    return CustomMetric(formula, tuple((name, known[name]) for name in sorted(formula.names)))


def scan_custom(table: pa.Table, metric: CustomMetric, *, time_zone: str) -> Sums:
    """Sums of the metric's terms over canonical rows, by bucket, segment and month.

    Where the rows lack a column in use, or a term has no value in some row, the sums say so and the metric is Unknown.
    Raises RowsError for a table that is not canonical.
    """
    return scan_custom_on(InProcess(Numbered(TableRows(table))), metric, time_zone=time_zone)


def scan_custom_on(engine: Engine, metric: CustomMetric, *, time_zone: str) -> Sums:
    """`scan_custom` of the rows of an engine. With a column ROW_NUMBER the first row in fault is named."""
    schema = engine.schema
    task = TASKS[task_of(schema.empty_table())]
    columns = [*(column for _, column in metric.columns), *task.rows.predicts, *_ALWAYS]
    reading = measured(engine, needs=(), columns=columns, segments=None, time_zone=time_zone)
    reason = _lacking(schema, metric)
    make = _TermsOf(metric, schema, functools.partial(task.units, time_zone=time_zone), bool(reason))
    if not reason:
        sums = scan_terms(engine, reading, make)
        if sums.faults:
            reason, make = _fault(sums.faults), replace(make, empty=True)
    if reason:
        sums = scan_terms(engine, reading, make)
    return sums.sums({"formula": metric.formula.text, "undefined": reason})


def _fault(faults: Mapping[str, tuple[int, int]]) -> str:
    """Of the first term that has no value in some row: why, in how many rows, and which is the first."""
    by_place: dict[int, list[tuple[int, str, int]]] = {}
    for key, (count, first) in faults.items():
        place, why = key.split(" ", 1)
        by_place.setdefault(int(place), []).append((first, why, count))
    found = by_place[min(by_place)]
    first, why, _ = min(found)
    told = f", first in row {first:,}" if first else ""
    return f"{why}: so in {counted(sum(count for *_, count in found), 'row')}{told}"


@dataclass(frozen=True)
class _TermsOf:
    """What is summed of rows. empty: each term is 0, as where it has no value in some row."""

    metric: CustomMetric
    schema: pa.Schema
    units: Callable[[pa.Table], Units]
    empty: bool

    def __call__(self, rows: Labelled) -> Terms:
        table = rows.table.replace_schema_metadata(self.schema.metadata)
        n, names = table.num_rows, _names(self.metric)
        found, faults = ([np.zeros(n)] * len(names), {}) if self.empty or not n else _terms(table, self.metric)
        units = self.units(table)
        return Terms(
            unit=units.name,
            bucket=units.bucket,
            terms={ROWS: np.ones(n)} | dict(zip(names, found, strict=True)),
            cells={name: ("relative", term, [np.ones(n)]) for name, term in zip(names, found, strict=True)},
            faults=faults,
        )


def evaluate_custom(
    sums: Sums, metric: CustomMetric, *, seed: int | None, group: Group | None = None, unit: str = ""
) -> Quantity:
    """The metric from its sums, whole or in one group (column, name).

    seed: the product's; None for a point alone. Unknown where the group has no labelled row, where `scan_custom` found
    no value in some row, and where the arithmetic of the aggregates has no value. There are no draws where it has none
    in some draw.
    """
    weighted = Weighted.of(sums, seed=seed, group=group)
    if weighted is None:
        where = "" if group is None else f" where {group[0]} is {group[1]}"
        return Unknown(NO_LABELS + where)
    if sums.facts["undefined"]:
        return Unknown(sums.facts["undefined"])
    with np.errstate(invalid="ignore", divide="ignore"):
        values = _aggregates(weighted, metric.formula)
    try:
        point = float(evaluate(metric.formula.tree, {name: value[0] for name, value in values.items()}))
    except EvaluationError as error:
        return Unknown(_at(error, metric.formula.text))
    try:
        rows = np.asarray(evaluate(metric.formula.tree, values), dtype=np.float64)
    except EvaluationError:
        return made(point, None, unit, no_band=NOT_IN_ALL)
    drawn, no_band = weighted.draws(rows)
    no_band = no_band or _heavy(weighted, metric.formula)
    return made(point, drawn, unit, undefined="the result is too large", no_band=no_band)


def _heavy(weighted: Weighted, formula: RowsFormula) -> str | None:
    """Why there is no band: a term whose tail is too heavy for its mean. Of powers, one that stands alone: where they
    are divided by one another, as in R², their tails cancel, and bands hold."""
    terms = {str(place): one.term for place, one in enumerate(formula.aggregates) if one.term is not None}
    powers = {name: any(map(_is_power, parts(term))) for name, term in terms.items()}
    told = {name: power for name, power in powers.items() if not power or len(powers) == 1}
    return next(filter(None, (weighted.tail(name, squares=power) for name, power in told.items())), None)


def _is_power(part: Node) -> bool:
    return isinstance(part, Binary) and part.operator == "**"


def _aggregates(weighted: Weighted, formula: RowsFormula) -> dict[str, Floats]:
    """(1 + K,) of each aggregate. N stays as it is in every draw: a total is N times the mean of the draw."""
    n, rows = weighted.total(ROWS), weighted[ROWS]
    totals = {}
    for place, aggregate in enumerate(formula.aggregates):
        name = str(place)
        if aggregate.term is None:
            totals[name] = np.full(len(rows), n)
        else:
            totals[name] = weighted.ratio(name, ROWS) if aggregate.kind == "mean" else weighted[name] * (n / rows)
    return totals


def formula_names(columns: Collection[str]) -> dict[str, str]:
    """Name in a formula → the column behind it, of rows that have these columns.

    Of columns that would have one name, the one written so has it, else none.
    """
    known = {_WEIGHT: "weight"} | {_SHORT[column]: column for column in columns if column in _SHORT}
    others = dict.fromkeys(column for column in columns if column not in _SHORT)
    made = {column: _NOT_IN_A_NAME.sub("_", column) for column in others}
    times = Counter(made.values())
    for column, name in made.items():
        alone = column == name or (times[name] == 1 and name not in known)
        if alone and name.isidentifier() and name not in RESERVED | AGGREGATES | set(_SHORT.values()):
            known[name] = column
    return known


def _names(metric: CustomMetric) -> list[str]:
    return [str(place) for place, aggregate in enumerate(metric.formula.aggregates) if aggregate.term is not None]


def _lacking(schema: pa.Schema, metric: CustomMetric) -> str:
    """Why there is no term, by the columns of the rows; "" where all are there."""
    classes = classes_of(schema.empty_table())
    for _, column in metric.columns:
        if column not in schema.names:
            if column != "weight":
                return f"the rows have no column {quoted(column)}"
        elif not _is_number(schema.field(column).type) and not (column in ("y_true", "y_pred") and classes):
            return f"the column {quoted(column)} does not hold numbers"
    return ""


def _terms(rows: pa.Table, metric: CustomMetric) -> tuple[list[Floats], dict[str, tuple[int, int]]]:
    """Each term of the labelled rows, (n,), 0 where it has no value; and the faults: place and why → how many, the
    first row."""
    values = {name: _values(rows, column) for name, column in metric.columns}
    terms: list[Floats] = []
    faults: dict[str, tuple[int, int]] = {}
    for place, aggregate in enumerate(metric.formula.aggregates):
        if aggregate.term is None:
            continue
        term = evaluate_lanes(aggregate.term, values, rows.num_rows)
        if isinstance(term, Faults):
            first = rows[ROW_NUMBER][term.first].as_py() if ROW_NUMBER in rows.column_names else 0
            faults[f"{place} {_at(term.error, metric.formula.text)}"] = term.count, first
            term = np.zeros(rows.num_rows)
        terms.append(np.asarray(term, dtype=np.float64))
    return terms, faults


def _values(rows: pa.Table, column: str) -> Floats:
    """A column as numbers, (n,), NaN where empty."""
    if column not in rows.column_names:
        return np.ones(rows.num_rows)
    if column in ("y_true", "y_pred") and (classes := classes_of(rows)):
        return _floats(pc.index_in(rows[column], value_set=pa.array(classes, pa.string())))
    return _floats(rows[column])


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(), dtype=np.float64)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _at(error: EvaluationError, text: str) -> str:
    part = " ".join(text[error.position : error.position + error.length].split())
    return f"{error.message}, at {quoted(part)} (character {error.position + 1:,})"
