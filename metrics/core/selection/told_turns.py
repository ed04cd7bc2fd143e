"""Where a choice turns over, and what waiting for more is worth, in sentences made from the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from metrics.core.calendar import lasts
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.selection.figures import Measure
from metrics.core.selection.flip_points import Flip
from metrics.core.selection.told import amount
from metrics.core.unit_names import NBSP, plural

MOST_NAMED = 3  # of those that lead together


def turn(flip: Flip, labels: Sequence[str], *, now: float, measure: Measure, held: str) -> str:
    """Until where the one is chosen, and who from there on. held: how the assumption stands today, from `standing`."""
    below, above = named(labels, flip.below), named(labels, flip.above)
    if flip.value == now:
        return f"{above} takes the place of {below} at today’s value of {measure.name}; {held}."
    # To three digits; "about" where these are not all of it.
    near = float(f"{flip.value:.3g}")
    about = "" if math.isclose(near, flip.value, rel_tol=1e-9) else "about "
    side, before, after = ("rises above", below, above) if flip.value > now else ("falls below", above, below)
    return f"{before} is chosen until {measure.name} {side} {about}{amount(near, measure)}, then {after}; {held}."


def standing(now: float, measure: Measure, *, grade: str, valid_until: date | None, today: date) -> str:
    """How an assumption stands: its value today, its grade, and until when it is valid."""
    until = lasts(valid_until, today) if valid_until is not None else "valid without an end"
    return f"today {amount(now, measure)}, grade {grade}, {until}"


def named(labels: Sequence[str], places: Sequence[int]) -> str:
    """Who leads, the first few of them."""
    names = [labels[at] for at in places[:MOST_NAMED]]
    return " or ".join(names) if names else "nobody"


def worth(value: float, unit: str) -> str:
    """An amount that is worth something, to two digits."""
    return f"0{NBSP}{unit}".rstrip() if value == 0 else amount(float(f"{value:.2g}"), Measure("", "up", unit))


def waiting(cost: Quantity, unit: str) -> str:
    """What a month of waiting costs, or why that is not known."""
    if isinstance(cost, Unknown):
        return f"What a month of waiting costs is not known: {cost.reason}."
    if cost.point == 0:
        return "Waiting costs nothing: the recommended one is the champion already."
    if cost.point < 0:
        return f"Waiting costs no money: the recommended one brings {worth(-cost.point, unit)} a month less."
    return f"A month of waiting costs {worth(cost.point, unit)}."


def of_everything(value: float | Unknown, cost: Quantity, unit: str) -> str:
    """What knowing all of it first would be worth, and how long one could wait for it at that."""
    return _sentence("Knowing everything before choosing", value, cost, unit)


def of_assumption(name: str, value: float, cost: Quantity, unit: str) -> str:
    """What an assumption's exact value is worth, and how long one could wait for it at that."""
    return _sentence(f"The exact value of {name}", value, cost, unit)


def _sentence(what: str, value: float | Unknown, cost: Quantity, unit: str) -> str:
    if isinstance(value, Unknown):
        return f"{what}: what it is worth is not known, {value.reason}."
    told = f"{what} is worth {worth(value, unit)}"
    if value == 0:
        return f"{told}: it would change nobody."
    if not isinstance(cost, Estimate) or cost.point <= 0:
        return f"{told}."
    return f"{told}, as much as {_months(value / cost.point)} of waiting: it pays if it is known sooner."


def of_rows(
    rows: int, value: float | Unknown, cost: Quantity, unit: str, *, a_month: float | None, noun: str = "row"
) -> str:
    """What so many more rows are worth against the cost of waiting for them. a_month: how many cases there are in one;
    None where that is not known."""
    what = f"{rows:,} more {'row' if rows == 1 else 'rows'}"
    if isinstance(value, Unknown):
        return f"{what}: what they are worth is not known, {value.reason}."
    told = f"{what} {'is' if rows == 1 else 'are'} worth {worth(value, unit)}"
    if isinstance(cost, Estimate) and cost.point <= 0 < value:
        return f"{told}, and waiting costs no money: measure first."
    if not isinstance(cost, Estimate) or cost.point <= 0 or not a_month:
        return f"{told}."
    takes = rows / a_month
    price = cost.point * takes
    advice = "measure first" if value > price else "decide now"
    rate = f"{round(a_month):,} {plural(noun)} a month"
    return f"{told}; at {rate} they take {_months(takes)}, in which waiting costs {worth(price, unit)}: {advice}."


def _months(count: float) -> str:
    shown = f"{count:.2g}" if count < 10 else f"{count:,.0f}"
    return f"{shown} {'month' if shown == '1' else 'months'}"
