"""Deciding now or measuring first: what knowing more is worth, and what a month of waiting costs.

All is in the unit of one objective, which for money is money over the months of the projection.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metrics import store
from metrics.core.assumptions import SAMPLING, Drawn, assumption
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.selection import figures
from metrics.core.selection.candidates import Field
from metrics.core.selection.information import information, of_assumption, of_rows
from metrics.queries.selection.desk import Desk
from metrics.queries.selection.figures import Repriced
from metrics.queries.selection.flips import MOST, under

TOO_MANY = Unknown(f"more than {MOST} candidates are not priced while somebody waits")


@dataclass(frozen=True, kw_only=True)
class Knowing:
    """key: of the objective. perfect: what knowing all of it before choosing is worth, where the best mean is chosen.

    assumptions: (key, name, worth), the most first. rows: there are; more: as many again, and what they are worth.
    waiting: what a month without the recommended one costs, against the champion; None where that is no money.
    """

    key: str
    unit: str
    perfect: float | Unknown
    assumptions: tuple[tuple[str, str, float], ...]
    rows: int
    more: float | Unknown
    waiting: Quantity | None


def knowing(desk: Desk, key: str) -> Knowing:
    """What is worth knowing to the role of an objective. Raises ValueError where there is none of that key."""
    field = desk.chosen_from
    objective = field.objectives[field.at(key)]
    found = information(field, key)
    rows = desk.rows[0].first.run.n_rows or 0
    return Knowing(
        key=key,
        unit=objective.unit,
        perfect=found if isinstance(found, Unknown) else found.perfect,
        assumptions=_assumptions(desk, key),
        rows=rows,
        more=desk.remembered(f"more rows {key}", lambda: _more(desk, key, rows)),
        waiting=_waiting(desk, key),
    )


def _assumptions(desk: Desk, key: str) -> tuple[tuple[str, str, float], ...]:
    known, field = desk.found.known, desk.chosen_from
    found = []
    for name, (held, role) in under(desk, (key,)).items():
        draws = assumption(held, known.product.seed, role).draws
        worth = Unknown("it has no draws") if draws is None else of_assumption(field, key, draws)
        if not isinstance(worth, Unknown):
            found.append((name, known.assumptions[name].assumption.name, worth))
    return tuple(sorted(found, key=lambda one: -one[2]))


def _more(desk: Desk, key: str, rows: int) -> float | Unknown:
    """What as many rows again are worth: by draws that hold what comes from the rows alone."""
    field = desk.chosen_from
    if not rows:
        return Unknown("the runs have no rows")
    line = next(one for one in desk.terms.objectives if one.key == key)
    if not under(desk, (key,)):
        return of_rows(field, key, rows=rows, more=rows)  # all its spread is that of the rows
    if len(field) > MOST:
        return TOO_MANY
    runs = tuple(row.first.run.pk for row in desk.rows)
    champion = desk.found.stored.champion
    priced = runs if champion in ("", *runs) else (*runs, champion)
    try:
        drawn = figures.of(line.figure, Repriced(desk.found.stored, priced, Drawn(SAMPLING)), desk.terms.offered)
    except store.Missing:
        return Unknown("the sums that it is priced from are not in the store")
    sampled = _drawn_by_rows(field, field.at(key), [drawn[run] for run in runs])
    return sampled if isinstance(sampled, Unknown) else of_rows(sampled, key, rows=rows, more=rows)


def _drawn_by_rows(field: Field, at: int, values: list[Quantity]) -> Field | Unknown:
    """The field with other draws of one objective."""
    draws = field.draws.copy()
    for place, one in enumerate(values):
        if isinstance(one, Unknown):
            return one
        if one.draws is None:
            return Unknown(str(one.why_no_band))
        draws[place, at] = np.asarray(one.draws)
    return replace(field, draws=draws)


def _waiting(desk: Desk, key: str) -> Quantity | None:
    """Money a month that the recommended one brings more than the champion."""
    line = next(one for one in desk.terms.objectives if one.key == key)
    projection, told = desk.found.known.projection, desk.recommendation
    if not figures.projected(line.figure) or projection is None or isinstance(told, Unknown):
        return None
    against = desk.rows[told.place].against.get(key)
    if against is None:
        return None
    gain = against.difference
    return gain.map(lambda money: money / projection.months) if isinstance(gain, Estimate) else gain
