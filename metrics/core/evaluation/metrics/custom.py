"""Custom metrics: a formula over rows, such as `sum(w * abs(y - p)) / sum(w * y)`, with a band as any built-in one.

A row has the names y (its label), p (its score or prediction), w (its weight, 1 where there is none), lo and hi (the
ends of a forecast's interval), and those of its amounts and numeric features: every sign of a column's name that is
not a letter, a digit or an underscore is written as an underscore, `feature.age` as `feature_age`. In a task of
several classes y and p are places among the classes, from 0: they can be compared, and little else makes sense.

Rows without a label, and those of weight 0, do not count. Sums and counts are totals: in draw k, N · Σw·S / Σw·n.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import NOT_IN_ALL, Quantity, Unknown, made
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.histogram import Cells
from metrics.core.evaluation.statistics.sums import ROWS, Sums, summed
from metrics.core.evaluation.statistics.weighted import NO_LABELS, Weighted
from metrics.core.formula.aggregates import AGGREGATES, RowsFormula, parse_over_rows
from metrics.core.formula.errors import EvaluationError, quoted
from metrics.core.formula.evaluation import Faults, evaluate, evaluate_lanes
from metrics.core.formula.scanning import RESERVED
from metrics.core.formula.tree import Binary, Node, parts
from metrics.core.late import pa, pc
from metrics.core.rows.groups import Group
from metrics.core.rows.labelled import Labelled
from metrics.core.rows.refusal import counted
from metrics.core.rows.table import FEATURE_PREFIX, PROBABILITY_PREFIX, amount_columns, classes_of, task_of

_SHORT = {"y_true": "y", "y_score": "p", "y_pred": "p", "weight": "w", "y_low": "lo", "y_high": "hi"}
_WEIGHT = "w"
_ROW_NUMBER = "(row)"
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
    numbered = table.append_column(_ROW_NUMBER, pa.array(np.arange(1, table.num_rows + 1)))
    labelled = Labelled.of(numbered, needs=(), segments=None, time_zone=time_zone)
    names = tuple(str(place) for place, aggregate in enumerate(metric.formula.aggregates) if aggregate.term is not None)
    n = labelled.table.num_rows
    terms = _terms(labelled.table, metric)
    reason = terms if isinstance(terms, str) else ""
    values = [np.zeros(n)] * len(names) if isinstance(terms, str) else terms
    units = TASKS[task_of(table)].units(labelled.table, time_zone=time_zone)
    facts = {"formula": metric.formula.text, "undefined": reason}
    by_group = labelled.parts(units.bucket, (np.ones(n), *values))
    cells = {name: Cells.of("relative", term, [np.ones(n)]) for name, term in zip(names, values, strict=True)}
    return summed(by_group, names=(ROWS, *names), unit=units.name, facts=facts, cells=cells)


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


def _terms(rows: pa.Table, metric: CustomMetric) -> list[Floats] | str:
    """Each term of the labelled rows, (n,), or why there is none."""
    values: dict[str, Floats] = {}
    for name, column in metric.columns:
        numbers = _values(rows, column)
        if isinstance(numbers, str):
            return numbers
        values[name] = numbers
    terms = []
    for aggregate in metric.formula.aggregates:
        if aggregate.term is None:
            continue
        term = evaluate_lanes(aggregate.term, values, rows.num_rows)
        if isinstance(term, Faults):
            first = rows[_ROW_NUMBER][term.first].as_py()
            return f"{_at(term.error, metric.formula.text)}: so in {counted(term.count, 'row')}, first in row {first:,}"
        terms.append(term)
    return terms


def _values(rows: pa.Table, column: str) -> Floats | str:
    """A column as numbers, (n,), NaN where empty; or why there is none."""
    if column not in rows.column_names:
        return np.ones(rows.num_rows) if column == "weight" else f"the rows have no column {quoted(column)}"
    if column in ("y_true", "y_pred") and (classes := classes_of(rows)):
        places = pc.index_in(rows[column], value_set=pa.array(classes, pa.string()))
        return _floats(places)
    if not _is_number(rows[column].type):
        return f"the column {quoted(column)} does not hold numbers"
    return _floats(rows[column])


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(), dtype=np.float64)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _at(error: EvaluationError, text: str) -> str:
    part = " ".join(text[error.position : error.position + error.length].split())
    return f"{error.message}, at {quoted(part)} (character {error.position + 1:,})"
