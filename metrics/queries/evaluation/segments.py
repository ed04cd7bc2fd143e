"""Figures of the groups of a run's rows: by the columns that part them, by month, and by two columns crossed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics import store
from metrics.core.estimate import Quantity
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.late import pa, pc
from metrics.core.rows.groups import MONTH
from metrics.core.rows.reading import RowsError
from metrics.core.rows.table import FEATURE_PREFIX, read_rows, segment_columns
from metrics.memory import remembered
from metrics.models.evaluation import EvaluationRun
from metrics.queries.evaluation import rows as stored_rows
from metrics.queries.evaluation import statistics
from metrics.queries.evaluation.results import shown

MOST_CROSSED = 2_000_000  # rows that are scanned while somebody waits
TIMES = " × "


@dataclass(frozen=True)
class Segment:
    """A group of a run's rows: how many are labelled, and figures by key, each {point, unit, bands} or {unknown}."""

    column: str
    name: str
    n: int
    figures: Mapping[str, Mapping[str, Any]]


class Refused(Exception):
    """The columns cannot be crossed; the message says why, for the page."""


def segments(run: EvaluationRun, keys: tuple[str, ...]) -> tuple[Segment, ...]:
    """The groups of a run, by column and the larger first, months in their order; empty while nothing is measured."""
    file = statistics.cube_file(run)
    return _segments(file, run.task, run.product.seed, keys) if file else ()


@remembered
def by_group(
    file: str, task: str, seed: int, keys: tuple[str, ...], column: str, most: int = 0
) -> Mapping[str, Mapping[str, Quantity]]:
    """Group of a column → metric → figure with its draws, from what was measured of a run. most: the last ones."""
    found = statistics.read(file, task)
    groups = [group for group in statistics.groups(found) if group[0] == column][-most:]
    return {group[1]: TASKS[task].evaluate(found, seed=seed, keys=keys, group=group) for group in groups}


def columns(run: EvaluationRun) -> tuple[str, ...]:
    """The columns that part a run's rows, in the order of its file."""
    if not run.rows or not store.has(run.rows):
        return ()
    return _columns(run.rows)


def crossed(run: EvaluationRun, pair: tuple[str, str], keys: tuple[str, ...]) -> tuple[Segment, ...]:
    """The groups of two segment columns together, the larger first, the 50 largest by name and the rest as "other".

    Scanned from the stored rows now. Raises Refused where a column is none, or there are more rows than somebody can
    wait for.
    """
    if unknown := [name for name in pair if name not in columns(run)]:
        raise Refused(f"the rows have no segment column “{unknown[0][:60]}”")
    if pair[0] == pair[1]:
        raise Refused("a column is not crossed with itself")
    if (run.n_rows or 0) > MOST_CROSSED:
        raise Refused(f"{run.n_rows:,} rows are too many to be scanned in a page: at most {MOST_CROSSED:,} are")
    try:
        return _crossed(run.rows, run.task, run.product.time_zone, run.product.seed, pair, keys)
    except RowsError as error:
        raise Refused(str(error)) from error


@remembered
def _columns(rows: str) -> tuple[str, ...]:
    schema = stored_rows.schema(rows)
    return tuple(name for name in segment_columns(schema.empty_table()) if name in schema.names)


@remembered
def _segments(file: str, task: str, seed: int, keys: tuple[str, ...]) -> tuple[Segment, ...]:
    found = _of(statistics.read(file, task), task, seed, keys)
    names = list(dict.fromkeys(one.column for one in found))
    found.sort(key=lambda one: (one.column == MONTH, names.index(one.column), -one.n if one.column != MONTH else 0))
    return tuple(found)


@remembered
def _crossed(
    rows: str, task: str, time_zone: str, seed: int, pair: tuple[str, str], keys: tuple[str, ...]
) -> tuple[Segment, ...]:
    names = stored_rows.schema(rows).names
    table = read_rows(store.path(rows), columns=[name for name in names if not name.startswith(FEATURE_PREFIX)])
    name = TIMES.join(pair)
    both = pc.binary_join_element_wise(*(table[one].cast(pa.string()) for one in pair), TIMES)
    found = TASKS[task].scan(table.append_column(name, both), segments=(name,), time_zone=time_zone)
    groups = [one for one in _of(found, task, seed, keys) if one.column == name]
    return tuple(sorted(groups, key=lambda one: -one.n))


def _of(found: Cube | Sums, task: str, seed: int, keys: tuple[str, ...]) -> list[Segment]:
    made = []
    for group in statistics.groups(found):
        n = statistics.labelled(found, group)
        figures = TASKS[task].evaluate(found, seed=seed, keys=keys, group=group) if n else {}
        made.append(Segment(*group, n, {key: shown(figure) for key, figure in figures.items()}))
    return made
