"""More than two runs: a line a run for one quantity, all quantities in a matrix, and each run against each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from metrics.core.estimate import Estimate, Quantity
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.queries.selection.comparison import Against, Comparison
from reports.pages.compare.rows import Shared, cell, gain_of, line, shared, shared_reach
from reports.pages.compare.words import against

STEPS = (0.05, 0.2, 0.8, 0.95)  # chances at which the colour of a cell changes


def several(
    ready: Sequence[Against], found: Comparison, called: Mapping[str, str], of: str, name: str, value: str
) -> dict[str, Any]:
    """The tables of several runs that may be compared. of: the quantity they are ranked by; value: the KPI in money."""
    held = [one for one in ready if of in one.rows]
    extent = shared_reach(gain_of(one.rows[of]) for one in held)
    receipts = {row.key: row.receipt for one in held for row in one.money}
    column = shared(one.rows[of] for one in held)
    lines = [_line(one, found, called, of, name if of in receipts else "", extent, column) for one in held]
    lines.sort(key=lambda one: -one["gain"])
    base = {
        "name": called[found.base.pk],
        "url": _url(found.base),
        "state": found.base.version.state,
        "q": held[0].rows[of].b if held else None,
        "places": lines[0]["row"].places if lines else None,
        "scale": lines[0]["row"].scale if lines else "",
    }
    first = (*TASKS[found.base.task].compared, *(row.key for one in held[:1] for row in one.money))
    keys = [key for key in dict.fromkeys((of, *first)) if held and key in held[0].rows]
    names = {row.key: row.name for one in held for row in one.money}
    return {
        "lines": lines,
        "base": base,
        "unit": lines[0]["row"].unit if lines else "",
        "name": name,
        "better": lines[0]["row"].under[0] if lines else "",
        "grade": next((row.grade.letter for one in held for row in one.money if row.key == of), ""),
        "among": found.among.get(of, 0),
        "matrix": {
            "heads": [{"words": names.get(key, key), "mono": key not in names} for key in keys],
            "rows": _across(
                held, called, {key: names.get(key, key) for key in keys}, [str(one["key"]) for one in lines]
            ),
        },
        "each": _each(held, found, called, of),
        "in_money": of == value,
    }


def _url(run: Any) -> str:
    return reverse("run", args=[run.product.slug, run.pk])


def _line(
    one: Against,
    found: Comparison,
    called: Mapping[str, str],
    of: str,
    name: str,
    extent: float,
    column: Shared,
) -> dict[str, Any]:
    row = one.rows[of]
    receipt = next((money.receipt for money in one.money if money.key == of), one.receipts.get(of, ""))
    made = line(row, name=name, receipts=(receipt, ""), extent=extent, column=column)
    gain = gain_of(row)
    corrected = one.corrected.get(of)
    return {
        "key": one.run.pk,
        "name": called[one.run.pk],
        "url": _url(one.run),
        "state": one.run.version.state,
        "same": one.same,
        "row": made,
        "gain": gain.point if isinstance(gain, Estimate) else float("-inf"),
        "corrected": corrected.difference if corrected else None,
        "unclear": corrected is not None and corrected.verdict != row.verdict and row.verdict in ("better", "worse"),
    }


def _across(
    held: Sequence[Against], called: Mapping[str, str], keys: Mapping[str, str], order: Sequence[str]
) -> list[dict[str, Any]]:
    """A row a run, in this order, a cell a quantity, each column with one scale and as many decimals in all its cells.

    keys: quantity → what it is called.
    """
    columns = {key: shared(one.rows[key] for one in held if key in one.rows) for key in keys}
    by_run = {one.run.pk: one for one in held}
    return [
        {
            "name": called[pk],
            "url": _url(by_run[pk].run),
            "cells": [(name, cell(by_run[pk].rows.get(key), columns[key])) for key, name in keys.items()],
        }
        for pk in order
    ]


def _each(held: Sequence[Against], found: Comparison, called: Mapping[str, str], of: str) -> dict[str, Any] | None:
    """The chance that the run of a row is better than the run of a column, by draws; None where there are none."""
    if not held:
        return None
    like = held[0].rows[of]
    figures: dict[str, Quantity] = {found.base.pk: like.b} | {one.run.pk: one.rows[of].a for one in held}
    order = {found.base.pk: 0.0}
    for one in held:
        gain = gain_of(one.rows[of])
        order[one.run.pk] = gain.point if isinstance(gain, Estimate) else float("-inf")
    ranked = sorted(figures, key=lambda pk: -order[pk])
    rows: list[dict[str, Any]] = []
    for row in ranked:
        cells = []
        for column in ranked:
            chance = None if row == column else against(like, figures[row], figures[column]).probability
            alike = row != column and figures[row] is not None and chance is None
            cells.append({"chance": chance, "tone": _tone(chance), "unknown": alike})
        rows.append({"name": called[row], "cells": cells})
    if all(cell["chance"] is None for row in rows for cell in row["cells"]):
        return None
    return {"heads": [called[pk] for pk in ranked], "rows": rows}


def _tone(chance: float | None) -> str:
    if chance is None:
        return "muted"
    return f"heat-{1 + sum(chance >= step for step in STEPS)}"
