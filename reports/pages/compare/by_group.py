"""The groups of a comparison: where one run is better, by segment or by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.selection.compare import Difference
from metrics.queries.documents import definitions
from metrics.queries.selection.comparison_by_group import ByGroup
from reports.pages.compare.address import Asked
from reports.pages.compare.rows import Row, cell, gain_of, line, shared, shared_reach
from reports.pages.compare.words import groups_title, labels
from reports.pages.run.segments import LEAST_ROWS, MONTH
from reports.words.dates import period


def wanted(held: Sequence[Any], base: Any, of: str) -> tuple[tuple[str, ...], bool]:
    """Which metrics are needed in each group, and whether the KPI in money is: for two runs both, for more one."""
    headline = TASKS[base.task].headline
    if len(held) == 2:
        return headline[:1], True
    return ((of,) if of in definitions.of_run(base) and of in headline else headline[:1]), of not in headline


def groups_page(held: Sequence[Any], base: Any, found: ByGroup, asked: Asked, keys: Sequence[str]) -> dict[str, Any]:
    """The context of the fragment."""
    called = labels(held)
    others = [run for run in held if any(run.pk in group.runs for group in found.groups)]
    context: dict[str, Any] = {
        "product": base.product,
        "chips": [
            {
                "name": name.replace("_", " "),
                "url": asked.at(base.product, "compare-groups", by=name),
                "page_url": asked.at(base.product, by=name),
                "current": name == found.column,
            }
            for name in found.columns
        ],
        "column": found.column.replace("_", " "),
    }
    if not others:
        return context | {"rows": []}
    main = found.value.key if found.value is not None else keys[0]
    if len(held) == 2:
        return context | _pair(found, others[0], main, keys, called, base)
    return context | _several(found, others, main, called)


def _name(found: ByGroup, name: str) -> str:
    return str(period(name)) if found.column == MONTH else name


def _pair(
    found: ByGroup, run: Any, main: str, keys: Sequence[str], called: Mapping[str, str], base: Any
) -> dict[str, Any]:
    held = [group for group in found.groups if run.pk in group.runs]
    big = [group for group in held if group.n >= LEAST_ROWS]
    extent = shared_reach(gain_of(group.runs[run.pk][main]) for group in big if main in group.runs[run.pk])
    others = [key for key in keys if key != main]
    digits = {key: shared(row for one in big if (row := one.runs[run.pk].get(key))).places for key in others}
    column = shared(group.runs[run.pk][main] for group in big if main in group.runs[run.pk])
    adds_up = found.value is not None and "/" in found.value.unit
    rows = [
        {
            "name": _name(found, group.name),
            "n": group.n,
            "few": group.n < LEAST_ROWS,
            "others": [(key, _signed(group.runs[run.pk].get(key)), digits[key]) for key in others],
            "row": line(group.runs[run.pk][main], extent=extent, column=column) if main in group.runs[run.pk] else None,
            "total": _total(group.runs[run.pk].get(main), group.n) if adds_up else None,
        }
        for group in held
    ]
    told = [
        (_name(found, group.name), group.n, group.runs[run.pk][main]) for group in big if main in group.runs[run.pk]
    ]
    return {
        "title": groups_title(told, adds_up=adds_up),
        "others": others,
        "main": found.value.name if found.value is not None else main,
        "unit": next((made.unit for row in rows if isinstance(made := row["row"], Row) and made.unit), ""),
        "aside": f"{called[run.pk]} less {called[base.pk]}",
        "rows": rows,
    }


def _total(row: Difference | None, n: int) -> Estimate | None:
    """The difference of a case over all rows of a group, in the unit that it is of."""
    if row is None or not isinstance(row.difference, Estimate):
        return None
    return Estimate(row.difference.point * n, row.difference.unit.partition("/")[0].strip())


def _signed(row: Difference | None) -> Any:
    return None if row is None else row.difference


def _several(found: ByGroup, others: Sequence[Any], main: str, called: Mapping[str, str]) -> dict[str, Any]:
    held = [row for group in found.groups for one in group.runs.values() if (row := one.get(main)) is not None]
    column = shared(held)
    return {
        "title": f"Differences by {found.column.replace('_', ' ')}",
        "aside": found.value.name if found.value is not None else main,
        "heads": [called[run.pk] for run in others],
        "rows": [
            {
                "name": _name(found, group.name),
                "n": group.n,
                "few": group.n < LEAST_ROWS,
                "cells": [(called[run.pk], cell(group.runs.get(run.pk, {}).get(main), column)) for run in others],
            }
            for group in found.groups
        ],
        "many": True,
    }
