"""Months put together: what a KPI is over several months, by the way that it says, and which months that lacks.

A sum is added, of a ratio the numerators and the denominators are added and then divided, and of a level that is read
at the end the last month stands. A month is counted only where its figure is known and the month was over when it was
known. Months are "YYYY-MM"; where every part has draws, figures are put together draw by draw.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import ClassVar

import numpy as np

from metrics.core.estimate import Draws, Estimate, Quantity, Unknown, made, no_band_of

NOT_KNOWN = "no value is known"
DIGITS = 15  # of an observed number
PLACES = 20  # and its decimals
MOST_NAMED = 3  # months that a reason names; of more it says how many


@dataclass(frozen=True, kw_only=True, eq=False)
class Month:
    """What is known of one month.

    value: its figure, of a ratio too. numerator, denominator: of a ratio, None where they are not known. partial: why
    it is no full month, "" where it is one.
    """

    value: Quantity
    numerator: Quantity | None = None
    denominator: Quantity | None = None
    partial: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Together:
    """Several months as one figure.

    wanted: the months asked for. counted: those in the figure. figure: over the months counted, so it may be of fewer
    than were wanted. lacking: month → why it is not counted, of those that the whole needs. whole: the figure where
    nothing is lacking, else Unknown that says what is; only this may be held against a target.
    """

    wanted: tuple[str, ...]
    counted: tuple[str, ...]
    figure: Quantity
    whole: Quantity
    lacking: Mapping[str, str] = field(default_factory=dict)


class Aggregation(ABC):
    """One way in which months are put together. key: as a KPI names it. words: what it is called. offers: a sentence
    for who chooses one. parts: whether a month has a numerator and a denominator. adds: whether figures of months are
    added, so that a figure of other months says nothing of these."""

    key: ClassVar[str]
    words: ClassVar[str]
    offers: ClassVar[str]
    parts: ClassVar[bool] = False
    adds: ClassVar[bool] = False

    @abstractmethod
    def joined(self, months: Mapping[str, Month], unit: str) -> Quantity:
        """The figure over one month or more, all of them full and known, in their order."""

    def counts(self, full: Sequence[str]) -> Sequence[str]:
        """Of the full months, in their order, those that the figure is made of."""
        return full

    def needs(self, wanted: Sequence[str]) -> Sequence[str]:
        """Of the months asked for, in their order, those without which the figure is not whole."""
        return wanted


class Sum(Aggregation):
    key, words = "sum", "a sum"
    offers = "a sum: months are added"
    adds = True

    def joined(self, months: Mapping[str, Month], unit: str) -> Quantity:
        return added([month.value for month in months.values()], unit)


class Ratio(Aggregation):
    key, words = "ratio", "a ratio"
    offers = "a ratio: the sum of numerators over the sum of denominators"
    parts = True

    def joined(self, months: Mapping[str, Month], unit: str) -> Quantity:
        if len(months) == 1 and next(iter(months.values())).numerator is None:
            return next(iter(months.values())).value
        bare = [name for name, month in months.items() if month.numerator is None or month.denominator is None]
        if bare:
            has = "has" if len(bare) == 1 else "have"
            return Unknown(
                f"{_named(bare)} {has} a ratio without its parts, and ratios of several months cannot be averaged: "
                "enter the numerator and the denominator of each month; or, if it is no ratio, change what the KPI is "
                "over several months"
            )
        over = added([month.numerator for month in months.values() if month.numerator is not None], "")
        under = added([month.denominator for month in months.values() if month.denominator is not None], "")
        return divided(over, under, unit)


class Last(Aggregation):
    key, words = "last", "the last value"
    offers = "the last value: what stands at the end of the last month"

    def joined(self, months: Mapping[str, Month], unit: str) -> Quantity:
        return months[max(months)].value

    def counts(self, full: Sequence[str]) -> Sequence[str]:
        return full[-1:]

    def needs(self, wanted: Sequence[str]) -> Sequence[str]:
        return wanted[-1:]


AGGREGATIONS: dict[str, Aggregation] = {kind.key: kind for kind in (Ratio(), Sum(), Last())}


def together(kind: str, months: Mapping[str, Month], wanted: Iterable[str], *, unit: str = "") -> Together:
    """The months asked for as one figure. kind: a key of AGGREGATIONS. months: what is known, other months too.

    >>> known = {m: Month(value=Estimate(v)) for m, v in (("2026-07", 5.0), ("2026-08", 7.0), ("2026-09", 6.0))}
    >>> together("sum", known, ["2026-07", "2026-08", "2026-09"]).whole.point
    18.0
    """
    way, asked = AGGREGATIONS[kind], tuple(sorted(wanted))
    why = {name: reason for name in asked if (reason := _lacking(months.get(name)))}
    counted = tuple(way.counts([name for name in asked if name not in why]))
    lacking = {name: why[name] for name in way.needs(asked) if name in why}
    if counted:
        figure = way.joined({name: months[name] for name in counted}, unit)
    else:
        figure = Unknown(_told(lacking, len(asked)) if asked else "no month is asked for")
    whole = Unknown(_told(lacking, len(asked))) if lacking else figure
    return Together(wanted=asked, counted=counted, figure=figure, whole=whole, lacking=lacking)


def added(parts: Sequence[Quantity], unit: str) -> Quantity:
    """Their sum, draw by draw. Unknown, with its reason, where one of them is; without draws where one has none,
    for its reason.
    """
    known: list[Estimate] = []
    for part in parts:
        if isinstance(part, Unknown):
            return part
        known.append(part)
    drawn = [part.draws for part in known if part.draws is not None]
    draws: Draws | None = _summed(drawn) if drawn and len(drawn) == len(known) else None
    total = float(sum(part.point for part in known))
    return made(total, draws, unit, undefined="the sum is too large", no_band=no_band_of(known))


def _summed(drawn: Sequence[Draws]) -> Draws:
    """One after another, so that thousands of parts take the room of one; to the bit as a sum over their table is."""
    whole = np.array(drawn[0], dtype=np.float64)
    for draws in drawn[1:]:
        whole += draws
    return whole


def divided(numerator: Quantity, denominator: Quantity, unit: str = "") -> Quantity:
    """The ratio of two figures, draw by draw; Unknown where the denominator is 0."""
    if isinstance(numerator, Unknown):
        return numerator
    if isinstance(denominator, Unknown):
        return denominator
    if denominator.point == 0:
        return Unknown("the denominator is 0, so that there is no ratio")
    draws: Draws | None = None
    if numerator.draws is not None and denominator.draws is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            draws = numerator.draws / denominator.draws
    whole, no_band = numerator.point / denominator.point, no_band_of((numerator, denominator))
    return made(whole, draws, unit, undefined="the ratio is too large", no_band=no_band)


def kept(value: Decimal) -> Decimal:
    """An observed number as it is stored: to as many digits as figures are computed with."""
    found = Context(prec=DIGITS).plus(value)
    return found.quantize(Decimal(1).scaleb(-PLACES)) if int(found.as_tuple().exponent) < -PLACES else found


def ratio_of(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """A ratio to 12 decimals, as it is shown; None where the denominator is 0."""
    return round(numerator / denominator, 12) if denominator else None


def _lacking(month: Month | None) -> str:
    if month is None:
        return NOT_KNOWN
    if isinstance(month.value, Unknown) and month.numerator is None:
        return month.value.reason
    return month.partial


def _told(lacking: Mapping[str, str], wanted: int) -> str:
    """What a figure over several months lacks, the first month with its reason."""
    first, reason = next(iter(lacking.items()))
    others = len(lacking) - 1
    more = (
        f"; {others} more of the {wanted} months {'lacks' if others == 1 else 'lack'} a full value too"
        if others
        else ""
    )
    return f"{first}: {reason}{more}"


def _named(months: Sequence[str]) -> str:
    if len(months) <= MOST_NAMED:
        return " and ".join(months)
    return f"{', '.join(months[:MOST_NAMED])} and {len(months) - MOST_NAMED} more"
