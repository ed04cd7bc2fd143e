"""The desk as plain JSON, one form for the API and for what a decision freezes: nothing in it is not a number."""

from __future__ import annotations

from typing import Any

from metrics.core.selection import plain
from metrics.core.selection.weighing import Weighing
from metrics.queries.selection.desk import Desk

Plain = dict[str, Any]


def told(desk: Desk, weighing: Weighing | None = None) -> Plain:
    """state: what there is to be shown; where it is no choice and no comparison, no candidate is in it. weighing: what
    the roles said, where it is open to all.
    """
    chosen, stored = plain.told(desk, weighing), desk.found.stored
    for made in chosen["candidates"]:
        its = made["runs"][0]["run"]
        made["receipts"] = {key: name for (pk, key), name in sorted(stored.receipts.items()) if pk == its}
        made["grades"] = {key: one.letter for (pk, key), one in sorted(stored.grades.items()) if pk == its}
    beside = [{**plain.run(one.run), "reason": one.reason} for one in desk.found.out]
    return {
        "objectives": objectives(desk),
        "set_aside": [vars(one) for one in desk.found.set_aside],
        "waiting": [plain.run(one) for one in desk.found.waiting],
        **chosen,
        "left_out": [*chosen["left_out"], *beside],
    }


def objectives(desk: Desk) -> list[Plain]:
    """What the terms choose by, those that are set aside among them."""
    return [
        {
            "key": one.key,
            "name": one.measure.name,
            "direction": one.measure.direction,
            "unit": one.measure.unit,
            "role": one.asks.role,
            "smallest": one.asks.smallest,
            "asks": one.measure.asks,
        }
        for one in desk.terms.objectives
    ]
