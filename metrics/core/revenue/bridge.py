"""Bridge: why a figure changed between two moments, in parts that add up to the cent.

Each factor is a thing that differs between the two; its part is its Shapley value over all coalitions of factors taken
from after, the others from before. Whoever calls gives the value of a coalition. A name that one side lacks takes the
other side's value, so it is no factor: that it came or went is the definition's doing. What counts in no total at one
of the moments is a part of its own, "left out", so that the parts add up to the change of what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import Any

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import K
from metrics.core.estimate import Estimate, Quantity, Unknown, made, no_band_of
from metrics.core.revenue.shapley import cents, in_cents, parts

DEFINITION, LEFT_OUT = "definition", "left out"

Coalition = frozenset[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """What one factor, or a group of them, did to the figure: `amount` to the cent, `quantity` with its band."""

    name: str
    factors: tuple[str, ...]
    amount: Decimal
    quantity: Quantity


@dataclass(frozen=True, kw_only=True, eq=False)
class Bridge:
    """The figure before and after, to the cent, and the parts: before + Σ parts = after exactly."""

    before: Decimal
    after: Decimal
    unit: str
    parts: tuple[Part, ...]

    @property
    def change(self) -> Decimal:
        return self.after - self.before


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Names, in order of `after`, that both sides have with unequal values.

    >>> differing({"rate": 1, "gone": 2}, {"rate": 3, "came": 4})
    ('rate',)
    """
    return tuple(name for name in after if name in before and before[name] != after[name])


def mixed(before: Mapping[str, Any], after: Mapping[str, Any], coalition: Collection[str]) -> dict[str, Any]:
    """The inputs with the coalition's names from after and the rest from before; a lone name is always there.

    >>> mixed({"rate": 1, "gone": 2, "n": 5}, {"rate": 3, "came": 4, "n": 6}, {"n"})
    {'rate': 1, 'came': 4, 'n': 6, 'gone': 2}
    """
    return {**after, **{name: held for name, held in before.items() if name not in coalition or name not in after}}


def bridge(value_of: Callable[[Coalition], Quantity], factors: Sequence[str]) -> Bridge | Unknown:
    """Share value_of(all factors) less value_of(none) among the factors.

    value_of: the figure with exactly these factors as they are after. Where a coalition is Unknown, as few factors as
    a greedy search finds go together with "definition", until every coalition that is left has a value. Unknown where
    an end is Unknown, or the two ends have different units. ValueError for more than 12 factors, or one given twice.
    """
    if len(set(factors)) != len(factors):
        raise ValueError("a factor is given twice")
    everything = _coalitions([(name,) for name in factors])
    values = {coalition: value_of(coalition) for coalition in everything}
    before, after = values[frozenset()], values[frozenset(factors)]
    if isinstance(before, Unknown):
        return before
    if isinstance(after, Unknown):
        return after
    if before.unit != after.unit:
        return Unknown(f"the figure was in {before.unit or 'pure numbers'}, and is in {after.unit or 'pure numbers'}")
    players = _grouped(values, factors)
    known = [found for one in _coalitions(players) if isinstance(found := values[one], Estimate)]
    shared, no_band = parts(_table(known)), no_band_of(known)
    start, end = cents(before.point), cents(after.point)
    amounts = in_cents([float(row[0]) for row in shared], end - start)
    return Bridge(
        before=start,
        after=end,
        unit=after.unit,
        parts=tuple(
            Part(name=_name(player), factors=player, amount=amount, quantity=_quantity(row, after.unit, no_band))
            for player, amount, row in zip(players, amounts, shared, strict=True)
        ),
    )


def counted(found: Bridge, start: Estimate, end: Estimate, *, before: bool, after: bool) -> Bridge:
    """The bridge of what counts: the same parts, and "left out" with what does not count before, after, or at both.

    start, end: the figure at both moments, which `found` leads from and to; before, after: whether it counts there.
    """
    if before and after:
        return found
    back = end.map(np.negative) if before else start if after else start.minus(end)
    amount = (Decimal(0) if before else found.before) - (Decimal(0) if after else found.after)
    part = Part(name=LEFT_OUT, factors=(LEFT_OUT,), amount=amount, quantity=back)
    return replace(
        found,
        before=found.before if before else Decimal("0.00"),
        after=found.after if after else Decimal("0.00"),
        parts=(*found.parts, part),
    )


def _coalitions(players: Sequence[tuple[str, ...]]) -> list[Coalition]:
    """All unions of players, by mask: bit i set where player i is in it."""
    found: list[Coalition] = [frozenset()]
    for player in players:
        found += [one | frozenset(player) for one in found]
    return found


def _grouped(values: Mapping[Coalition, Quantity], factors: Sequence[str]) -> list[tuple[str, ...]]:
    """The factors as players: alone, or in the one group with "definition" that keeps them out of Unknown coalitions.

    Without a definition among the factors, the group starts with the pair that most Unknown coalitions part.
    """
    unknown = [one for one, found in values.items() if isinstance(found, Unknown)]
    group = [DEFINITION] if DEFINITION in factors else []
    while unknown and len(group) < len(factors):
        if not group:
            pairs = combinations(factors, 2)
            group = list(max(pairs, key=lambda pair: sum(len(one & set(pair)) == 1 for one in unknown)))
        else:
            left = [name for name in factors if name not in group]
            group.append(max(left, key=lambda name: sum((name in one) != (group[0] in one) for one in unknown)))
        unknown = [one for one in unknown if one.isdisjoint(group) or one.issuperset(group)]
    return list(_players(factors, [name for name in factors if name in group]))


def _players(factors: Sequence[str], group: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for name in factors:
        if name not in group:
            yield (name,)
        elif name == group[0]:
            yield tuple(group)


def _table(known: Sequence[Estimate]) -> Floats:
    """Points and draws of the coalitions, (coalitions, 1 + K); points alone, (coalitions, 1), where any lacks draws."""
    points = np.array([[one.point] for one in known])
    drawn = [one.draws for one in known if one.draws is not None]
    return np.hstack([points, np.stack(drawn)]) if len(drawn) == len(known) else points


def _quantity(row: Floats, unit: str, no_band: str | None) -> Quantity:
    return made(float(row[0]), row[1:].copy() if len(row) == K + 1 else None, unit, no_band=no_band)


def _name(player: tuple[str, ...]) -> str:
    return player[0] if len(player) == 1 else DEFINITION
