"""What the mappings share that are read from the sums of a run alone, without decisions on its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from metrics.core.assumptions import SAMPLING, Drawn
from metrics.core.estimate import Quantity
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.kpi.kind import Facts, Priced, Statistics
from metrics.core.rows.groups import Group


class Summed(Protocol):
    def value(
        self,
        sums: Sums,
        points: Mapping[str, float],
        draws: Mapping[str, Any],
        *,
        seed: int,
        group: Group | None = None,
        certain: bool = False,
    ) -> Quantity: ...


def without_sums(facts: Facts) -> dict[str, Any]:
    """Why a run has no sums for such a mapping; {} where it has."""
    if not facts.rows:
        return {"unknown": "the run has no rows: only metrics were reported"}
    if TASKS[facts.task].two_outcomes:
        return {"unknown": "this mapping is for another task: a run with two outcomes has none"}
    return {}


def sums_of(priced: Priced) -> Sums | None:
    file = priced.document.get("cube")
    return priced.source.read(file, Sums.from_bytes) if file else None


def worth(
    mapping: Summed, priced: Priced, drawn: Drawn, group: Group | None, statistics: Statistics | None
) -> Quantity:
    """A mapping applied to the sums of a run."""
    sums = statistics or sums_of(priced)
    assert isinstance(sums, Sums)
    certain, seed = not drawn.has(SAMPLING), priced.document["seed"]
    return mapping.value(sums, priced.points(drawn), priced.draws(drawn), seed=seed, group=group, certain=certain)
