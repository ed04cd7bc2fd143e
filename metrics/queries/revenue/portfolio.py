"""An executive's products and their total in one currency; each product's own figures stay in its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from metrics.core.calendar import later
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.models.kpi import Target
from metrics.models.product import Product, User
from metrics.queries.evaluation.catalogue import products
from metrics.queries.revenue.outlook import Month, Outlook, outlooks
from metrics.queries.revenue.rates import Pair, Rate, converted


@dataclass(frozen=True)
class Counted:
    """A product as it enters the total, in the total's currency.

    goal: its target; Unknown where a month of the target has no rate, None where there is no target. rates: month →
    the rate that its money is converted at; none where the product is in that currency itself.
    """

    product: Product
    total: Quantity
    realised_total: Quantity
    months: Mapping[str, Quantity]
    realised: Mapping[str, Quantity]
    target: Target | None
    goal: float | Unknown | None
    chance: float | None
    rates: Mapping[str, Rate] = field(default_factory=dict)


@dataclass(frozen=True)
class Portfolio:
    """An executive's products, the total of those that count, and what that total leaves out.

    currencies: those of the products, by name. unconverted: product id → which rate its figures lack to be in it.
    """

    outlooks: tuple[Outlook, ...]
    currency: str
    currencies: tuple[str, ...]
    total: Quantity
    realised: Quantity
    counted: tuple[Counted, ...]
    left_out: tuple[Outlook, ...]
    unconverted: Mapping[str, str]


def portfolio(user: User, *, today: date, currency: str = "") -> Portfolio:
    """The total over the products whose figure may count; grade D and Unknown never enter it.

    currency: one of the products'; any other is read as that of most of them, the first by name of equals. A month's
    money is converted at the rate of the month's end, of a month that is not over yet at the newest; see
    `metrics.queries.revenue.rates`.
    """
    found = outlooks(products(user), today=today)
    held = Counter(one.product.currency for one in found)
    if currency not in held:
        currency = min(held, key=lambda name: (-held[name], name), default="")
    counted: list[Counted] = []
    unconverted: dict[str, str] = {}
    for one in found:
        made = _counted(one, currency, today) if one.counts else None
        if isinstance(made, Unknown):
            unconverted[one.product.pk] = made.reason
        elif made is not None:
            counted.append(made)
    inside = {one.product.pk for one in counted}
    return Portfolio(
        outlooks=tuple(sorted(found, key=_attention)),
        currency=currency,
        currencies=tuple(sorted(held)),
        total=_sum([one.total for one in counted], currency),
        realised=_sum([one.realised_total for one in counted], currency),
        counted=tuple(counted),
        left_out=tuple(one for one in found if one.product.pk not in inside),
        unconverted=unconverted,
    )


def _attention(one: Outlook) -> tuple[int, float, str]:
    return (0 if one.chance is not None else 1, one.chance if one.chance is not None else 1.0, one.product.name)


def _counted(one: Outlook, currency: str, today: date) -> Counted | Unknown:
    """The product in a currency, or why it cannot be: the rate that is wanting."""
    months, realised = _by_month(one.months), _by_month(one.realised)
    target = one.target
    if one.product.currency == currency:
        goal = float(target.value) if target else None
        totals = (one.total, one.realised_total)
        return Counted(one.product, *totals, months, realised, target, goal, one.chance)
    pair = Pair(one.product.currency, currency)
    rates = pair.of_months([*months, *realised], today)
    if isinstance(rates, Unknown):
        return rates
    months, realised = converted(months, rates, currency), converted(realised, rates, currency)
    unknown = next((found for found in months.values() if isinstance(found, Unknown)), None)
    if unknown is not None:
        return unknown
    total = _sum(list(months.values()), currency)
    past = _sum(list(realised.values()), currency) if isinstance(one.realised_total, Estimate) else one.realised_total
    return Counted(
        one.product, total, past, months, realised, target, _goal(target, pair, today), one.chance, dict(rates)
    )


def _by_month(months: tuple[Month, ...]) -> dict[str, Quantity]:
    return {month.period: month.quantity for month in months}


def _goal(target: Target | None, pair: Pair, today: date) -> float | Unknown | None:
    """A target in another currency: an equal part of it in each of its months, at the rate of that month."""
    if target is None:
        return None
    last, months = f"{target.until_period:%Y-%m}", [f"{target.from_period:%Y-%m}"]
    while months[-1] < last:
        months.append(later(months[-1], 1))
    rates = pair.of_months(months, today)
    if isinstance(rates, Unknown):
        return rates
    return float(target.value) * sum(rate.value for rate in rates.values()) / len(months)


def _sum(parts: list[Quantity], currency: str) -> Quantity:
    """Draw by draw; products' seeds differ, so their errors are independent, and those of one product are paired."""
    known = [part for part in parts if isinstance(part, Estimate)]
    if not known:
        return Unknown("no product has a figure that counts")
    drawn = [part.draws for part in known if part.draws is not None]
    draws = sum(drawn[1:], drawn[0]) if len(drawn) == len(known) else None
    return Estimate(sum(part.point for part in known), currency, draws)
