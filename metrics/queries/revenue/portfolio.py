"""An executive's products and their total in one currency; each product's own figures stay in its own.

Money of several products is added over the months that all of them have, draw by draw, and never over others: what is
not in a total is named with its reason. A projected month that is over is no projection any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.months import added
from metrics.core.periods import Period
from metrics.core.revenue.meeting import chance_of
from metrics.models.product import Product, User
from metrics.queries.evaluation.catalogue import products
from metrics.queries.revenue.in_period import InPeriod, in_period, no_target
from metrics.queries.revenue.meeting import Meeting
from metrics.queries.revenue.meeting import chance as met_chance
from metrics.queries.revenue.outlook import Month, Outlook
from metrics.queries.revenue.rates import Pair, Rate, converted
from metrics.queries.revenue.remembered import remembered

NOBODY = "no product has a figure that counts"
NO_MONTHS = Unknown("it has no month of the total")


@dataclass(frozen=True)
class Counted:
    """A product as it enters the totals, in their currency.

    months: of the projection, those that are not over; in a period all of its months that are known or projected.
    realised: past months, those that are known. over: projected months that are over, and so in no total but that of a
    period, which counts them as projected. held: the product in the period, None where no period is asked for. part,
    earned: what it brings to the total, and to what is realised. goal: its target; Unknown where a month of the target
    has no rate, None where there is no target. money: over the target's own months. rates: month → the rate that its
    money is converted at; none where the product is in that currency.
    """

    outlook: Outlook
    months: Mapping[str, Quantity]
    realised: Mapping[str, Quantity]
    over: tuple[str, ...]
    goal: float | Unknown | None
    money: Quantity
    rates: Mapping[str, Rate] = field(default_factory=dict)
    held: InPeriod | None = None
    part: Quantity = NO_MONTHS
    earned: Quantity = NO_MONTHS

    @property
    def product(self) -> Product:
        return self.outlook.product

    @property
    def meeting(self) -> Meeting | None:
        """The target of the period, or the one at hand where none is asked for."""
        return self.held.meeting if self.held is not None else self.outlook.meeting

    def rest(self, months: tuple[str, ...], past: tuple[str, ...], currency: str) -> Quantity:
        """What it brings to a total beside what is realised."""
        apart = tuple(month for month in months if not self.realised or month not in past)
        return _over(self.months, apart, currency)

    def over_months(self, months: tuple[str, ...], past: tuple[str, ...], currency: str) -> Counted:
        """The same with its parts of totals over some of its months."""
        one, own = self.outlook, not self.rates and self.held is None
        whole = own and months == tuple(month.period for month in one.months)
        all_past = own and past == tuple(self.realised) and isinstance(one.realised_total, Estimate)
        part = one.total if whole else _over(self.months, months, currency)
        return replace(self, part=part, earned=one.realised_total if all_past else _over(self.realised, past, currency))


@dataclass(frozen=True)
class Missing:
    """Something of a product that counts which a total is without: months, or all it realised. why: in words."""

    product: Product
    months: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Portfolio:
    """An executive's products, the totals of those that count, and what these leave out.

    currencies: those of the products, by name. months, realised_months: those that all products of the total have, and
    that it is over. goal: the targets together, None where they are not all of the same months. chance: that the money
    of the target's own months is enough for it. missing, unrealised: what the total, and that realised, are without.
    unconverted: product id → which rate its figures lack to be in it, outside: product id → why it has no month of the
    period. period: None where all months are asked for. expected: the total without what is realised.
    """

    outlooks: tuple[Outlook, ...]
    currency: str
    currencies: tuple[str, ...]
    months: tuple[str, ...]
    total: Quantity
    realised_months: tuple[str, ...]
    realised: Quantity
    goal: float | None
    chance: Quantity
    counted: tuple[Counted, ...]
    missing: tuple[Missing, ...]
    unrealised: tuple[Missing, ...]
    left_out: tuple[Outlook, ...]
    unconverted: Mapping[str, str]
    period: Period | None = None
    expected: Quantity = NO_MONTHS
    outside: Mapping[str, str] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether every month of the period is over where each of the products is."""
        return self.period is not None and all(self.period.last < f"{one.known.today:%Y-%m}" for one in self.outlooks)


def portfolio(
    user: User,
    *,
    today: date | None = None,
    currency: str = "",
    period: Period | None = None,
    held: Iterable[Product] | None = None,
) -> Portfolio:
    """The totals over the products whose figure may count; grade D and Unknown never enter them.

    today: the day there, each product's own where None. currency: one of the products'; any other is read as that of
    most of those whose figure counts, then of most of all, the first by name of equals. period: whose months are
    counted, all that are to come where None. held: the products, where they are read already. A month's money is
    converted at the rate of the month's end, of a month that is not over yet at the newest; see
    `metrics.queries.revenue.rates`.
    """
    found = remembered(products(user) if held is None else held, today=today)
    currencies = Counter(one.product.currency for one in found)
    if currency not in currencies:
        counting = Counter(one.product.currency for one in found if one.counts) if len(currencies) > 1 else currencies
        currency = min(currencies, key=lambda name: (-counting[name], -currencies[name], name), default="")
    counted: list[Counted] = []
    unconverted: dict[str, str] = {}
    outside: dict[str, str] = {}
    for one in found:
        spoken = in_period(one, period) if period is not None and one.may_count else None
        if spoken is not None and (why := _outside(spoken)):
            outside[one.product.pk] = why
            continue
        made = _counted(one, currency, spoken) if spoken or (period is None and one.counts) else None
        if isinstance(made, Unknown):
            unconverted[one.product.pk] = made.reason
        elif made is not None:
            counted.append(made)
    inside = {one.product.pk for one in counted}
    months = _shared(one.months for one in counted)
    past = _shared(one.realised for one in counted if one.realised)
    counted = [one.over_months(months, past, currency) for one in counted]
    goal, chance = _met(counted, currency)
    parts = [part for one in counted if isinstance(part := one.rest(months, past, currency), Estimate)]
    return Portfolio(
        outlooks=_by_attention(found, counted),
        currency=currency,
        currencies=tuple(sorted(currencies)),
        months=months,
        total=_total(counted, months, currency),
        realised_months=past,
        realised=_realised(counted, past, currency),
        goal=goal,
        chance=chance,
        counted=tuple(counted),
        missing=tuple(_missing(counted, months)),
        unrealised=tuple(_unrealised(counted, past)),
        left_out=tuple(one for one in found if one.product.pk not in inside),
        unconverted=unconverted,
        period=period,
        expected=added(parts, currency) if parts else NO_MONTHS,
        outside=outside,
    )


def _by_attention(found: Iterable[Outlook], counted: Iterable[Counted]) -> tuple[Outlook, ...]:
    """Those that are least likely to meet the target at hand first, then those of which that is not known."""
    chances = {one.product.pk: met_chance(one.meeting) for one in counted}

    def place(one: Outlook) -> tuple[int, float, str]:
        chance = chances.get(one.product.pk)
        return (1, 1.0, one.product.name) if chance is None else (0, chance, one.product.name)

    return tuple(sorted(found, key=place))


def _outside(held: InPeriod) -> str:
    """Why a product has no part in the total of a period; "" where it has one."""
    one = held.outlook
    if not held.months:
        known = [*(month.period for month in one.months), *one.brought]
        return f"it has no month of the period: its months are {min(known)} to {max(known)}"
    return one.past if one.past and not held.over else ""


def _counted(one: Outlook, currency: str, held: InPeriod | None = None) -> Counted | Unknown:
    """The product in a currency, or why it cannot be: the rate that is wanting."""
    if held is not None:
        coming, realised, over, meeting = held.months, dict(held.realised), held.late, held.meeting
        why = no_target(one)
    else:
        coming = {month: found for month, found in _by_month(one.months).items() if month in one.coming}
        realised = {month: found for month, found in _by_month(one.realised).items() if isinstance(found, Estimate)}
        over = tuple(month.period for month in one.months if month.period not in one.coming)
        meeting, why = one.meeting, one.no_chance
    goal: float | Unknown | None = None
    money: Quantity = Unknown(why)
    if one.product.currency == currency:
        if meeting is not None:
            goal, money = meeting.goal, meeting.money
        return Counted(one, coming, realised, over, goal, money, held=held)
    pair, today = Pair(one.product.currency, currency), one.known.today
    rates = pair.of_months([*coming, *realised], today)
    if isinstance(rates, Unknown):
        return rates
    months, past = converted(coming, rates, currency), converted(realised, rates, currency)
    unknown = next((found for found in months.values() if isinstance(found, Unknown)), None)
    if unknown is not None:
        return unknown
    if meeting is not None:
        goal, money = _converted(meeting, pair, today, currency)
    return Counted(one, months, past, over, goal, money, dict(rates), held)


def _by_month(months: tuple[Month, ...]) -> dict[str, Quantity]:
    return {month.period: month.quantity for month in months}


def _converted(meeting: Meeting, pair: Pair, today: date, currency: str) -> tuple[float | Unknown, Quantity]:
    """A target in another currency, an equal part of it in each of its months, and the money of these months: both at
    the rate of the month."""
    rates = pair.of_months(meeting.months, today)
    if isinstance(rates, Unknown):
        return rates, rates
    goal = meeting.goal * sum(rate.value for rate in rates.values()) / len(meeting.months)
    if isinstance(meeting.money, Unknown):
        return goal, meeting.money
    return goal, added(list(converted(meeting.by_month, rates, currency).values()), currency)


def _shared(months: Iterable[Mapping[str, Quantity]]) -> tuple[str, ...]:
    """The months that all of several products have."""
    names = [set(one) for one in months]
    return tuple(sorted(set.intersection(*names))) if names else ()


def _over(held: Mapping[str, Quantity], months: tuple[str, ...], currency: str) -> Quantity:
    """Money of some months, where all of them are held."""
    return added([held[month] for month in months], currency) if months and set(months) <= held.keys() else NO_MONTHS


def _total(counted: Sequence[Counted], months: tuple[str, ...], currency: str) -> Quantity:
    if not counted:
        return Unknown(NOBODY)
    if not months:
        spans = _spans({one.product: one.months for one in counted})
        return Unknown(f"there is no month that all products have: {spans}")
    return added([one.part for one in counted], currency)


def _realised(counted: Sequence[Counted], months: tuple[str, ...], currency: str) -> Quantity:
    if not counted:
        return Unknown(NOBODY)
    realising = [one for one in counted if one.realised]
    if not realising:
        return Unknown("; ".join(f"{one.product.name}: {_why_not_realised(one)}" for one in counted))
    if not months:
        spans = _spans({one.product: one.realised for one in realising})
        return Unknown(f"there is no past month that all products have: {spans}")
    return added([one.earned for one in realising], currency)


def _why_not_realised(one: Counted) -> str:
    if one.held is not None:
        return "no month of the period is known yet"
    found = one.outlook.realised_total
    return found.reason if isinstance(found, Unknown) else "no past month is known"


def _spans(products: Mapping[Product, Mapping[str, Quantity]]) -> str:
    return "; ".join(f"{product.name} {min(months)} to {max(months)}" for product, months in products.items() if months)


def _missing(counted: Sequence[Counted], months: tuple[str, ...]) -> Iterable[Missing]:
    """What of the products that count is not in the total."""
    for one in counted:
        if one.over and one.held is None:
            yield Missing(one.product, one.over, "these months are over")
        if one.held is not None and one.held.lacking:
            verb = "it is" if len(one.held.lacking) == 1 else "they are"
            yield Missing(one.product, one.held.lacking, f"{verb} neither known nor projected")
        apart = tuple(month for month in one.months if month not in months)
        if apart and months:
            what = "projected" if one.held is None else "known or projected"
            others = _without(counted, one, apart, "months")
            yield Missing(one.product, apart, f"these months are not {what} for {others}")


def _unrealised(counted: Sequence[Counted], months: tuple[str, ...]) -> Iterable[Missing]:
    """What of the products that count is not in what is realised."""
    if not any(one.realised for one in counted):
        return
    for one in counted:
        if not one.realised:
            yield Missing(one.product, (), _why_not_realised(one))
        apart = tuple(month for month in one.realised if month not in months)
        if apart and months:
            yield Missing(
                one.product, apart, f"these months are not known of {_without(counted, one, apart, 'realised')}"
            )


def _without(counted: Sequence[Counted], one: Counted, apart: tuple[str, ...], which: str) -> str:
    """The other products that lack any of some months."""
    others = [other for other in counted if other is not one and getattr(other, which)]
    return " and ".join(other.product.name for other in others if set(apart) - set(getattr(other, which)))


def _met(counted: Sequence[Counted], currency: str) -> tuple[float | None, Quantity]:
    """The targets together, and the chance that the money of their months is enough; both only where every product has
    a target for the same months."""
    if not counted:
        return None, Unknown(NOBODY)
    goals: list[float] = []
    for one in counted:
        if isinstance(one.goal, Unknown):
            return None, one.goal
        if one.goal is not None:
            goals.append(one.goal)
    without = [one for one in counted if one.goal is None]
    if without:
        return None, Unknown(_no_target(without))
    spans = {one.product.name: one.meeting.months for one in counted if one.meeting}
    if len(set(spans.values())) > 1:
        told = "; ".join(f"{name} {months[0]} to {months[-1]}" for name, months in spans.items())
        return None, Unknown(f"the targets are for different months: {told}")
    for one in counted:
        if isinstance(one.money, Unknown):
            return sum(goals), Unknown(f"{one.product.name}: {one.money.reason}")
    return sum(goals), chance_of(added([one.money for one in counted], currency), sum(goals))


def _no_target(without: Sequence[Counted]) -> str:
    if len(without) == 1 and without[0].held is not None:
        return f"{without[0].product.name}: {no_target(without[0].outlook)}"
    these = " for these months" if without[0].held is not None else ""
    names = [one.product.name for one in without]
    told = " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} others"
    return f"{told} {'has' if len(names) == 1 else 'have'} no target{these}"
