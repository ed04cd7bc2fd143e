"""Runs side by side by the groups of one column: segments, or months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.core.estimate import Quantity
from metrics.core.rows.groups import MONTH
from metrics.core.selection.compare import Difference, differences
from metrics.core.selection.objectives import Better
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import in_money
from metrics.queries.evaluation import segments, statistics
from metrics.queries.kpi import board
from metrics.queries.kpi.by_group import by_group as by_group_of
from metrics.queries.selection.comparison import comparable

MOST_GROUPS = 60  # groups of one column that are compared


Worth = Mapping[str, Mapping[str, Quantity]]


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """A group of the rows: how many are labelled, and run id → key → difference, of metrics and the value."""

    name: str
    n: int
    runs: Mapping[str, Mapping[str, Difference]]


@dataclass(frozen=True, kw_only=True)
class ByGroup:
    """columns: those that may be asked for; column: the one that was, "" for none. value: the KPI in money, if any."""

    columns: tuple[str, ...]
    column: str
    groups: tuple[GroupRow, ...] = ()
    value: KPI | None = None


def by_group(
    held: Sequence[EvaluationRun], base: EvaluationRun, column: str, *, keys: Sequence[str], money: bool = True
) -> ByGroup:
    """Every run that may be compared with the base, in each group of a column: the larger first, months in order.

    An empty or unknown column is the first that there is. keys: metrics of the task. money: the KPI in money as well.
    """
    found = comparable(held, base)
    columns = found.columns
    if not columns or len(found.files) < 2:
        return ByGroup(columns=columns, column="")
    column = column if column in columns else columns[0]
    ready = [run for run in dict.fromkeys((base, *held)) if run.pk in found.files]
    value, worth = _values(ready, column) if money else (None, {})
    directions: dict[str, Better] = dict(found.directions)
    if value is not None:
        directions[value.key] = "up" if value.direction == "up" else "down"
    own = {
        pk: _joined(
            segments.by_group(file, base.task, base.product.seed, tuple(keys), column, MOST_GROUPS), worth.get(pk, {})
        )
        for pk, file in found.files.items()
    }
    counts = _counts(found.files[base.pk], base.task, column)
    rows = tuple(
        GroupRow(
            name=name,
            n=counts[name],
            runs={
                pk: _against(held[name], own[base.pk][name], directions) for pk, held in own.items() if pk != base.pk
            },
        )
        for name in sorted(own[base.pk], key=lambda one: (0 if column == MONTH else -counts[one], one))
    )
    return ByGroup(columns=columns, column=column, groups=rows, value=value if worth else None)


def _joined(*parts: Mapping[str, Mapping[str, Quantity]]) -> dict[str, dict[str, Quantity]]:
    """Group name → key → figure, of the groups of the first part."""
    return {name: {key: one for part in parts for key, one in part.get(name, {}).items()} for name in parts[0]}


def _against(
    mine: Mapping[str, Quantity], theirs: Mapping[str, Quantity], directions: Mapping[str, Better]
) -> dict[str, Difference]:
    shared = {key: one for key, one in mine.items() if key in theirs}
    return {row.key: row for row in differences(shared, theirs, directions=directions)}


def _counts(file: str, task: str, column: str) -> dict[str, int]:
    """Group name → labelled rows."""
    found = statistics.read(file, task)
    return {group[1]: statistics.labelled(found, group) for group in _groups(file, task, column)}


def _groups(file: str, task: str, column: str) -> list[tuple[str, str]]:
    found = [group for group in statistics.groups(statistics.read(file, task)) if group[0] == column]
    return found[-MOST_GROUPS:]  # of months the latest; the groups of a segment are fewer


def _values(held: Sequence[EvaluationRun], column: str) -> tuple[KPI | None, dict[str, Worth]]:
    """The KPI in money, and run id → group → its key → value; nothing where it is not read from sums of rows."""
    known = Known(held[0].product)
    version = in_money(known, held[0])
    if version is None:
        return None, {}
    value = version.mapping.kpi
    worth: dict[str, Worth] = {}
    for run in held:
        priced = by_group_of(board.document(run, version, known), known.source, column, most=MOST_GROUPS)
        if priced:
            worth[run.pk] = {name: {value.key: figure} for (_, name), figure in priced.items()}
    return value, worth
