"""The groups of a run's rows with their figures and their money, and two columns crossed where that is asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from metrics.core import numerals
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.queries.documents.definitions import Definition
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import segments
from metrics.queries.evaluation.results import shown
from metrics.queries.kpi import board
from metrics.queries.kpi.by_group import by_group
from reports.pages.runs.table import axis
from reports.words.dates import period

MOST_GROUPS = 12
MOST_CROSSED = 51  # 50 and "other"
LEAST_ROWS = 100  # below so many labelled rows a group's figures are shown as too few
MONTH = "month"


def segments_page(run: Any, known: Mapping[str, Definition], cross: Sequence[str] = ()) -> dict[str, Any]:
    """The groups of a run; none where it has no rows, or no column that parts them. cross: two columns, or none."""
    keys = TASKS[run.task].headline
    found = segments.segments(run, keys)
    columns = segments.columns(run)
    if not found:
        return {"segments": []}
    product_known = Known(run.product)
    priced = board.in_money(run, product_known)
    worth = by_group(priced[1], product_known.source) if priced else {}
    values = {group: shown(value) for group, value in worth.items()}
    shown_values = [values[(s.column, s.name)] for s in found if (s.column, s.name) in values and s.n >= LEAST_ROWS]
    worded = numerals.largest(shown_values)
    return {
        "segments": [_column(name, groups, keys, values) for name, groups in _by_column(found).items()],
        "segment_keys": keys,
        "segment_axis": axis(shown_values, worded.scale if worded else ""),
        "value_scale": worded.scale if worded else "",
        "value_unit": worded.unit if worded else "",
        "value_places": worded.places if worded else None,
        "value_kpi": priced[0] if priced else None,
        "value_receipt": reverse("receipt", args=[priced[0].receipt]) if priced and priced[0].receipt else None,
        "value_span": len(keys) + (3 if priced else 1),
        "segment_note": _worst(found, keys[0], known[keys[0]]),
        "crossing": _crossing(run, columns, keys, cross) if len(columns) > 1 else None,
    }


def _crossing(run: Any, columns: Sequence[str], keys: tuple[str, str, str], asked: Sequence[str]) -> dict[str, Any]:
    """The columns that can be crossed, those that are, and their groups or why there are none."""
    pair = (asked[0], asked[1]) if len(asked) == 2 else (columns[0], columns[1])
    made: dict[str, Any] = {
        "columns": columns,
        "first": pair[0],
        "second": pair[1],
        "large": (run.n_rows or 0) > 500_000,
    }
    if not asked:
        return made
    if len(asked) != 2:
        return made | {"refused": "Two columns are crossed, no more and no fewer."}
    try:
        found = segments.crossed(run, pair, keys)
    except segments.Refused as refused:
        return made | {"refused": f"{str(refused)[:1].upper()}{str(refused)[1:]}."}
    return made | {"column": _column(segments.TIMES.join(pair), found, keys, {}, most=MOST_CROSSED)}


def _by_column(found: Sequence[segments.Segment]) -> dict[str, list[segments.Segment]]:
    columns: dict[str, list[segments.Segment]] = {}
    for one in found:
        columns.setdefault(one.column, []).append(one)
    return columns


def _column(
    name: str,
    groups: Sequence[segments.Segment],
    keys: Sequence[str],
    values: Mapping[tuple[str, str], Mapping[str, Any]],
    *,
    most: int = MOST_GROUPS,
) -> dict[str, Any]:
    rows = [
        {
            "name": period(group.name) if name == MONTH else group.name,
            "n": group.n,
            "few": group.n < LEAST_ROWS,
            "figures": [(key, group.figures.get(key)) for key in keys],
            "value": values.get((name, group.name)),
        }
        for group in groups
    ]
    return {"name": name.replace("_", " "), "rows": rows[:most], "more": len(rows) - most if len(rows) > most else 0}


def _worst(found: Sequence[segments.Segment], key: str, known: Definition) -> str:
    """Which group is predicted worst by the task's first metric, among those with enough rows."""
    ranked = [
        (float(s.figures[key]["point"]), s)
        for s in found
        if s.n >= LEAST_ROWS and s.column != MONTH and s.figures.get(key, {}).get("point") is not None
    ]
    if len(ranked) < 2:
        return "Segments"
    pick = max if known.direction == "down" else min
    value, worst = pick(ranked, key=lambda pair: pair[0])
    if not math.isfinite(value):
        return "Segments"
    return f"Hardest to predict: {worst.column.replace('_', ' ')} {worst.name}"
