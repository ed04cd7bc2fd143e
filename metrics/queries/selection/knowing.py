"""Deciding now or measuring first: what knowing more is worth, and what a month of waiting costs.

All is in the unit of one objective, which for money is money over the months of the projection.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metrics import store
from metrics.core.assumptions import SAMPLING, Drawn, assumption
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.selection import figures, told_turns
from metrics.core.selection.candidates import Field
from metrics.core.selection.information import information, of_assumption, of_rows
from metrics.core.unit_names import is_money
from metrics.queries.selection.desk import Desk
from metrics.queries.selection.figures import Repriced
from metrics.queries.selection.flips import MOST, under

MOST_TOLD = 3  # assumptions
NO_CHAMPION = Unknown("there is no champion that goes on meanwhile")
TOO_MANY = Unknown(f"more than {MOST} candidates are not priced while somebody waits")


NO_MONEY = Unknown("it is no money over the months of a projection that is chosen by")
YEAR = 12  # months over which cases are counted


@dataclass(frozen=True, kw_only=True)
class Knowing:
    """key, name: of the objective. perfect: what knowing all of it before choosing is worth, where the best mean is
    chosen.

    assumptions: (key, name, worth), the most first. rows: there are; more: how many more are asked about, and
    more_worth what they are. a_month: cases a month, of which rows come; None where they are not known. waiting: what a
    month without the recommended one costs, against the champion, 0 where it is the champion; Unknown where that is no
    money.
    """

    key: str
    name: str
    unit: str
    perfect: float | Unknown
    assumptions: tuple[tuple[str, str, float], ...]
    rows: int
    more: int
    more_worth: float | Unknown
    a_month: float | None
    waiting: Quantity

    def words(self, noun: str) -> tuple[str, ...]:
        """Deciding now against measuring first, in sentences. noun: what a case is called."""
        cost, unit = self.waiting, self.unit
        return (
            *(() if is_money(unit) else (f"What knowing is worth is told in {self.name}: it is no money.",)),
            told_turns.waiting(cost, unit),
            told_turns.of_everything(self.perfect, cost, unit),
            *(told_turns.of_assumption(name, worth, cost, unit) for _, name, worth in self.assumptions[:MOST_TOLD]),
            *(
                (told_turns.of_rows(self.more, self.more_worth, cost, unit, a_month=self.a_month, noun=noun),)
                if self.more
                else ()
            ),
        )


def headline(desk: Desk) -> str:
    """The key of the objective that waiting is priced in: projected money, else money, else the executive's first."""
    lines = {line.key: line for line in desk.terms.objectives}
    held = [lines[one.key] for one in desk.chosen_from.objectives]
    projected = [one for one in held if figures.projected(one.figure)]
    money = [one for one in held if is_money(one.measure.unit)]
    owned = [one for one in held if one.asks.role == "executive"]
    return next(iter([*projected, *money, *owned, *held])).key


def knowing(desk: Desk, key: str, *, more: int | None = None) -> Knowing:
    """What is worth knowing to the role of an objective. more: rows beside those there are, as many again by default.

    Raises ValueError where there is none of that key.
    """
    field = desk.chosen_from
    objective = field.objectives[field.at(key)]
    found = information(field, key)
    rows = desk.rows[0].first.run.n_rows or 0
    asked = rows if more is None else more
    return Knowing(
        key=key,
        name=next(line.measure.name for line in desk.terms.objectives if line.key == key),
        unit=objective.unit,
        perfect=found if isinstance(found, Unknown) else found.perfect,
        assumptions=_assumptions(desk, key),
        rows=rows,
        more=asked,
        more_worth=desk.remembered(f"{asked} more rows {key}", lambda: _more(desk, key, rows, asked)),
        a_month=_a_month(desk),
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


def _more(desk: Desk, key: str, rows: int, more: int) -> float | Unknown:
    """What more rows are worth: by draws that hold what comes from the rows alone."""
    field = desk.chosen_from
    if not rows:
        return Unknown("the runs have no rows")
    line = next(one for one in desk.terms.objectives if one.key == key)
    if not under(desk, (key,)):
        return of_rows(field, key, rows=rows, more=more)  # all its spread is that of the rows
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
    return sampled if isinstance(sampled, Unknown) else of_rows(sampled, key, rows=rows, more=more)


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


def _a_month(desk: Desk) -> float | None:
    """Cases a month, over the last year that is known of those that the projection is made of."""
    known = desk.found.known
    if known.projection is None:
        return None
    counts = [value for _, value in known.actuals(known.projection.volume_kpi)][-YEAR:]
    return float(np.mean(counts)) if counts else None


def _waiting(desk: Desk, key: str) -> Quantity:
    """Money a month that the recommended one brings more than the champion."""
    line = next(one for one in desk.terms.objectives if one.key == key)
    projection, told = desk.found.known.projection, desk.recommendation
    if isinstance(told, Unknown):
        return told
    if not figures.projected(line.figure) or projection is None:
        return NO_MONEY
    if told.is_champion:
        return Estimate(0.0, line.measure.unit)
    against = desk.rows[told.place].against.get(key)
    if against is None:
        return NO_CHAMPION
    gain = against.difference
    return gain.map(lambda money: money / projection.months) if isinstance(gain, Estimate) else gain
