"""What the money of a period is held against beside its target: the year before, the period before, or the plan.

Only like is compared: the months that are there on both sides, of the products that have them on both sides, the draws
of both paired. Past months are full ones; a month that runs stands with all that is projected of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from metrics.core.calendar import later
from metrics.core.estimate import Estimate, Quantity, Unknown, difference
from metrics.core.kpi.months import added
from metrics.core.periods import YEAR, Period, YearToDate
from metrics.queries.revenue.asked import AGAINST
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.plan import Plan, plans
from metrics.queries.revenue.rates import Pair, converted

NO_LENGTH = "all months together have none before them: choose a period"
NOTHING = "no month of it is known of any product"


@dataclass(frozen=True, eq=False)
class Standing:
    """One product as it is now: month → money, in the currency of the comparison."""

    outlook: Outlook
    months: Mapping[str, Quantity]


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """months: those compared; others: those they are held against. now, before: over them, change: the one less the
    other, paired. left_out: name of a product → why it is not in it. planned: product → the day of its plan.
    """

    kind: str
    months: tuple[str, ...]
    others: tuple[str, ...]
    now: Quantity
    before: Quantity
    change: Quantity
    left_out: Mapping[str, str]
    planned: Mapping[str, date]


class Way(ABC):
    """A way of holding a period against something. key: of AGAINST."""

    key: ClassVar[str]

    @abstractmethod
    def before(self, held: Sequence[Standing], period: Period | None) -> dict[str, Mapping[str, Quantity] | Unknown]:
        """Product id → month of the period → what stood there, in the product's own currency, or why nothing does."""

    def step(self, period: Period | None) -> int | None:
        """By how many months the other months lie away; None where there is no telling."""
        return 0

    def days(self, held: Sequence[Standing], period: Period | None) -> dict[str, date]:
        return {}


class Shifted(Way):
    """What came in the same number of months before."""

    def before(self, held: Sequence[Standing], period: Period | None) -> dict[str, Mapping[str, Quantity] | Unknown]:
        step = self.step(period)
        if step is None:
            return {one.outlook.product.pk: Unknown(NO_LENGTH) for one in held}
        found: dict[str, Mapping[str, Quantity] | Unknown] = {}
        for one in held:
            brought, now = one.outlook.brought, f"{one.outlook.known.today:%Y-%m}"
            known = {
                month: past
                for month in one.months
                if (other := later(month, step)) < now and isinstance(past := brought.get(other), Estimate)
            }
            found[one.outlook.product.pk] = known or Unknown("what it brought then is not known")
        return found


class LastYear(Shifted):
    key = "last-year"

    def step(self, period: Period | None) -> int | None:
        return -YEAR


class Previous(Shifted):
    key = "previous"

    def step(self, period: Period | None) -> int | None:
        if period is None:
            return None
        return -YEAR if period.kind == YearToDate.key else -period.length


class Planned(Way):
    """What was projected of these months when their target was set, or else first."""

    key = "plan"

    def before(self, held: Sequence[Standing], period: Period | None) -> dict[str, Mapping[str, Quantity] | Unknown]:
        return {pk: one.months if isinstance(one, Plan) else one for pk, one in self._plans(held, period).items()}

    def days(self, held: Sequence[Standing], period: Period | None) -> dict[str, date]:
        return {pk: one.day for pk, one in self._plans(held, period).items() if isinstance(one, Plan)}

    @staticmethod
    def _plans(held: Sequence[Standing], period: Period | None) -> dict[str, Plan | Unknown]:
        months = sorted({month for one in held for month in one.months})
        first = held[0].outlook.known if held else None
        return first.once(f"plans {months}", lambda: plans([one.outlook for one in held], months)) if first else {}


WAYS: dict[str, Way] = {way.key: way for way in (LastYear(), Planned(), Previous())}
assert WAYS.keys() < AGAINST.keys()


def compared(held: Sequence[Standing], kind: str, period: Period | None, currency: str) -> Compared | None:
    """None for a kind that is no comparison, such as the target, and where nothing counts."""
    way = WAYS.get(kind)
    if way is None or not held:
        return None
    step, left_out = way.step(period) or 0, dict[str, str]()
    pairs: list[tuple[Mapping[str, Quantity], Mapping[str, Quantity]]] = []
    before_all = way.before(held, period)
    for one in held:
        found = _in_currency(one.outlook, before_all[one.outlook.product.pk], step, currency)
        if isinstance(found, Unknown):
            left_out[one.outlook.product.name] = found.reason
        else:
            pairs.append((one.months, found))
    months = sorted(set.intersection(*(set(now) & set(then) for now, then in pairs))) if pairs else []
    why = _why(left_out, bool(pairs))
    now, before = (
        added([pair[side][month] for pair in pairs for month in months], currency) if months else why for side in (0, 1)
    )
    return Compared(
        kind=kind,
        months=tuple(months),
        others=tuple(later(month, step) for month in months),
        now=now,
        before=before,
        change=difference(now, before),
        left_out=left_out if months else {},
        planned=way.days(held, period),
    )


def _in_currency(
    one: Outlook, then: Mapping[str, Quantity] | Unknown, step: int, currency: str
) -> Mapping[str, Quantity] | Unknown:
    """At the rate of the months in which it was earned."""
    if isinstance(then, Unknown) or one.product.currency == currency:
        return then
    rates = Pair(one.product.currency, currency).of_months([later(month, step) for month in then], one.known.today)
    if isinstance(rates, Unknown):
        return rates
    return converted(then, {month: rates[later(month, step)] for month in then}, currency)


def _why(left_out: Mapping[str, str], some: bool) -> Unknown:
    reasons: Iterable[str] = dict.fromkeys(left_out.values())
    if some:
        return Unknown("there is no month that all products have on both sides")
    first = next(iter(reasons), NOTHING)
    return Unknown(first if len(set(left_out.values())) <= 1 else NOTHING)
