"""What taking something away would change, before it is done: months, pairs, a mapping, a run, a target."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any

from metrics.models.evaluation import ChampionRun, EvaluationRun
from metrics.models.kpi import KPI, Actual, MappingVersion, Target
from metrics.queries.documents import calibration, observed, standing
from metrics.queries.documents.known import Known
from metrics.queries.kpi.board import board, current_target
from metrics.queries.kpi.catalogue import targets
from metrics.queries.revenue.impact import Impact, impact
from metrics.queries.revenue.outlook import outlook


@dataclass(frozen=True)
class Months:
    """What becomes of the months of some actuals: `gone` have no value any more, `back` the one known before.

    still: those of which a newer value stands, so that nothing changes.
    """

    gone: tuple[date, ...]
    back: tuple[date, ...]
    still: tuple[date, ...]


def months(of: KPI, rows: Sequence[Actual]) -> Months:
    """What taking these back would leave of their months."""
    own = {row.pk for row in rows}
    counting: dict[date, list[str]] = {}
    for pk, period in (
        of.actuals.filter(withdrawn_at=None).order_by("known_at", "created_at").values_list("pk", "period")
    ):
        counting.setdefault(period, []).append(pk)
    gone, back, still = list[date](), list[date](), list[date]()
    for row in sorted(rows, key=lambda row: row.period):
        held = counting.get(row.period, [])
        if held and held[-1] not in own:
            still.append(row.period)
        else:
            (back if set(held) - own else gone).append(row.period)
    return Months(tuple(gone), tuple(back), tuple(still))


def of_actuals(rows: Sequence[Actual], known: Known) -> Impact:
    """What taking these months back would change."""
    product, own = known.product.pk, [row.pk for row in rows]
    return _supposing(known, observed=observed.of_products([product], without=own).get(product, {}))


def of_pairs(batch: str, known: Known) -> Impact:
    """What taking an import of pairs back would change."""
    return _supposing(known, pairs=calibration.known_pairs(known.product, without=batch))


def of_retired(version: MappingVersion, known: Known) -> Impact:
    """What retiring the version in force would change."""
    key = version.mapping.kpi.key
    return _supposing(known, approved={name: held for name, held in known.approved.items() if name != key})


def of_withdrawn(run: EvaluationRun, known: Known) -> Impact:
    """What withdrawing a run would change: another one stands for the champion, or none."""
    return _standing(known, standing.standing([known.product.pk], without=run.pk))


def of_untaken(run: EvaluationRun, known: Known) -> Impact:
    """What taking an acceptance back would change."""
    return _standing(known, standing.standing([known.product.pk], untaken=run.pk))


def of_promoted(run: EvaluationRun, known: Known) -> Impact:
    """What it would change that a run's version is champion, and stands on it."""
    chosen = standing.Standing(ChampionRun(version=run.version, run=run), run)
    return _standing(known, known.standing | {run.version.model_id: chosen})


def _standing(known: Known, held: dict[str, standing.Standing]) -> Impact:
    for one in held.values():
        if one.run is not None:
            one.run.product = known.product
    return _supposing(known, standing=held)


def _supposing(known: Known, **changed: Any) -> Impact:
    then = copy(known)
    then.suppose(**changed)
    return impact(known, then)


def next_target(of: Target, known: Known) -> Target | None:
    """The target that stands today once this one is withdrawn; None where there is none, or it does not stand today."""
    rows = list(targets(known.product).filter(kpi=of.kpi))
    now = current_target(rows, known.today)
    if now is None or now.pk != of.pk:
        return None
    return current_target([row for row in rows if row.pk != of.pk], known.today)


def chance_now(of: Target, known: Known) -> float | None:
    """The chance to meet a target that a page tells today; None where none is told of it."""
    if of.kpi is None:
        one = outlook(known)
        return one.chance if one.target is not None and one.target.pk == of.pk else None
    return next((row.chance for row in board(known) if row.target is not None and row.target.pk == of.pk), None)
